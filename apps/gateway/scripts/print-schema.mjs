// Prints the configuration's JSON Schema; the package's `schema` script keeps assets/wxgate.schema.json up to date with it.
import { configJsonSchema } from "../dist/config/json-schema.js";
import { registry } from "../dist/registry.js";

process.stdout.write(`${JSON.stringify(await configJsonSchema(registry), null, 2)}\n`);
