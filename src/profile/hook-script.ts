/** What a Node application is made to load beside its own: it profiles itself when it is told to. CommonJS, for every Node that takes --require; it has no import of ours. */

/** The text of the file. `socket` is where it is told. Whatever fails in it, the application never hears of. */
export const hookScript = (socket: string): string => `
'use strict';
try {
  if (require('node:worker_threads').isMainThread) listen();
} catch (error) {
  void error;
}

function listen() {
  const { basename } = require('node:path');
  const { writeFileSync } = require('node:fs');
  const { Session } = require('node:inspector');
  const socket = require('node:net').connect(${JSON.stringify(socket)});
  // Neither it nor what is said keeps the process from its end.
  socket.unref();
  socket.on('error', () => undefined);
  const say = (message) => socket.write(JSON.stringify(message) + '\\n');
  socket.once('connect', () => say({ pid: process.pid, title: ['node', ...(process.argv[1] ? [basename(process.argv[1])] : [])].join(' ') }));
  let session;
  const ask = (method, params) => new Promise((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(new Error(error.message)) : resolve(result))));
  const does = {
    async start({ interval }) {
      session = new Session();
      session.connect();
      await ask('Profiler.enable');
      await ask('Profiler.setSamplingInterval', { interval });
      await ask('Profiler.start');
    },
    async stop({ file }) {
      const { profile } = await ask('Profiler.stop');
      session.disconnect();
      writeFileSync(file, JSON.stringify(profile), { mode: 0o600, flag: 'wx' });
    },
  };
  let rest = '';
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) {
      const { id, what, ...given } = JSON.parse(line);
      does[what](given).then(() => say({ id }), (error) => say({ id, problem: String(error && error.message || error) }));
    }
  });
}
`
