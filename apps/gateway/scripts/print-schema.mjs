// Prints the configuration's JSON Schema; the package's `schema` script keeps assets/wxgate.schema.json up to date with it.
import { configJsonSchema } from "../src/config/json-schema.ts";
import { registry } from "../src/registry.ts";

process.stdout.write(`${JSON.stringify(await configJsonSchema(registry), null, 2)}\n`);
