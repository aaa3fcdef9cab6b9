// What the two yardsticks share: a server for both protocols that says where it listens.
import { createSecureServer } from 'node:http2';
import { readFileSync } from 'node:fs';

const [, , folder] = process.argv;

/** Serves POST requests: the body goes through `answer`, which gives the text of the response. */
export function serve(answer) {
  const tls = { cert: readFileSync(`${folder}/tls.crt`), key: readFileSync(`${folder}/tls.key`) };
  const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = answer(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
      response.setHeader('content-type', 'application/json');
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`listening port=${server.address().port}`));
}
