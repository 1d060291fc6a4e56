export { createDispatcher, type Dispatcher } from "./dispatcher.ts";
export type {
  Binding,
  ChannelSettings,
  DispatcherPorts,
  DispatcherSettings,
  MediaKeeper,
  Notices,
  Observation,
} from "./settings.ts";
