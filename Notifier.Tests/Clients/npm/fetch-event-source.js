import { fetchEventSource } from '@microsoft/fetch-event-source';
import { print } from './print.js';

// It is made for pages alone: these are what it takes of one.
globalThis.window = globalThis;
globalThis.document = { removeEventListener() {} };

// By itself it comes back with the last id line that it read, past an event that was cut behind that line: what counts is what it handed out.
let last;

await fetchEventSource(process.argv[2], {
  openWhenHidden: true,
  fetch: (url, { headers: { 'last-event-id': read, ...headers }, ...options }) =>
    fetch(url, { ...options, headers: last ? { ...headers, 'last-event-id': last } : headers }),
  onmessage: ({ event, id, data }) => {
    last = id || last;
    print(event, id, data);
  },
  onclose: () => {
    // It comes back after an error alone.
    throw new Error('The stream ended.');
  },
});
