import polyfill from 'event-source-polyfill';
import { print } from './print.js';

// It comes back by the query parameter lastEventId, and waits for a second at least.
const source = new polyfill.EventSourcePolyfill(process.argv[2]);
for (const type of ['welcome', 'message', 'gap']) source.addEventListener(type, e => print(e.type, e.lastEventId, e.data));
