import { registry } from "../registry.ts";
import { configJsonSchema } from "./json-schema.ts";

// For the package's `schema` script, which keeps assets/wxgate.schema.json up to date.
process.stdout.write(`${JSON.stringify(configJsonSchema(registry), null, 2)}\n`);
