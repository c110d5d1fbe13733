import { EventSource } from 'eventsource';
import { print } from './print.js';

const source = new EventSource(process.argv[2]);
for (const type of ['welcome', 'message', 'gap']) source.addEventListener(type, e => print(e.type, e.lastEventId, e.data));
