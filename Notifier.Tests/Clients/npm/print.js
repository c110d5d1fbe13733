/** One event a line: type, id and data, with tabs between them. */
export function print(type, id, data) {
  process.stdout.write(`${type}\t${id ?? ''}\t${data}\n`);
}
