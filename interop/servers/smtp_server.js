// nodemailer's smtp-server, which takes mail for example.test and keeps it as DIR/LOCAL-PART/NUMBER.
//   node smtp_server.js DIR SMTP-PORT LMTP-PORT
// DIR has cert.pem and key.pem. The account is alice@example.test, password secret.
'use strict';
const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const [dir, smtp, lmtp] = process.argv.slice(2);
let number = 0;

function listen(port, options) {
  const server = new SMTPServer(Object.assign({
    name: 'nodemailer.example.test',
    logger: false,
    disableReverseLookup: true,
    size: 2 * 1024 * 1024,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    cert: fs.readFileSync(path.join(dir, 'cert.pem')),
    key: fs.readFileSync(path.join(dir, 'key.pem')),
    onAuth(auth, session, done) {
      const right = auth.username === 'alice@example.test' &&
        (auth.method === 'CRAM-MD5' ? auth.validatePassword('secret') : auth.password === 'secret');
      done(right ? null : new Error('Not the password'), { user: auth.username });
    },
    onRcptTo(address, session, done) {
      if (address.address.endsWith('@example.test')) return done();
      const refusal = new Error('5.7.1 Not here');
      refusal.responseCode = 550;
      done(refusal);
    },
    onData(stream, session, done) {
      const pieces = [];
      stream.on('data', (piece) => pieces.push(piece));
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) {
          const mailbox = path.join(dir, address.split('@')[0]);
          fs.mkdirSync(mailbox, { recursive: true });
          number += 1;
          const file = path.join(mailbox, String(number));
          fs.writeFileSync(file + '.part', Buffer.concat(pieces));
          fs.renameSync(file + '.part', file);
        }
        const each = session.envelope.rcptTo.map(() => '2.0.0 Stored');
        done(null, options.lmtp ? each : '2.0.0 Stored');
      });
    },
  }, options));
  server.on('error', (error) => console.error(error.message));
  server.listen(Number(port), '127.0.0.1');
}

listen(smtp, {});
listen(lmtp, { lmtp: true });
