import { createEventSource } from 'eventsource-client';
import { print } from './print.js';

createEventSource({ url: process.argv[2], onMessage: ({ event, id, data }) => print(event, id, data) });
