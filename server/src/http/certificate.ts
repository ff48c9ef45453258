import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';

/** Files in PEM. */
export interface TlsSettings {
  cert: string;
  key: string;
}

/** How often it is looked whether the files are others, milliseconds. */
const LOOK_EVERY_MS = 30_000;
/** How long a client may take to agree on keys, milliseconds. */
export const HANDSHAKE_WITHIN_MS = 10_000;

export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/** @throws Error for files that cannot be read, or that do not belong together */
export function readCertificate({ cert, key }: TlsSettings): Certificate {
  try {
    const read = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(read);
    return read;
  } catch (cause) {
    throw new Error(`TLS_CERT and TLS_KEY cannot be used: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Takes new files into use, on SIGHUP and a little after they changed; connections that are open keep theirs. Files that cannot be used leave
 * those before them in use.
 * @returns what ends that
 */
export function renewCertificate(app: FastifyInstance, settings: TlsSettings, used: Certificate, everyMs = LOOK_EVERY_MS): () => void {
  let current = used;
  let complained = '';
  const look = () => {
    try {
      const found = readCertificate(settings);
      if (found.cert.equals(current.cert) && found.key.equals(current.key)) return;
      (app.server as unknown as { setSecureContext(context: Certificate): void }).setSecureContext(found);
      current = found;
      complained = '';
      app.log.info('the TLS certificate was renewed');
    } catch (error) {
      const { message } = error as Error;
      if (message !== complained) app.log.error({ err: error }, 'the TLS certificate was not renewed');
      complained = message;
    }
  };
  const looking = setInterval(look, everyMs).unref();
  process.on('SIGHUP', look);
  return () => {
    clearInterval(looking);
    process.off('SIGHUP', look);
  };
}
