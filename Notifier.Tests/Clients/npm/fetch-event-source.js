import { fetchEventSource } from '@microsoft/fetch-event-source';
import { print } from './print.js';

// It is made for pages alone: these are what it takes of one.
globalThis.window = globalThis;
globalThis.document = { removeEventListener() {} };

await fetchEventSource(process.argv[2], {
  openWhenHidden: true,
  onmessage: ({ event, id, data }) => print(event, id, data),
  onclose: () => {
    // It comes back after an error alone.
    throw new Error('The stream ended.');
  },
});
