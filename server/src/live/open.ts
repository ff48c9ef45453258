import type { SignedIn } from '../access';
import { documentMeant, type Limits, type TrustedDocuments } from '../limits';
import type { Hub } from './hub';
import { type Asked, type LiveRequest, readRequest } from './request';
import type { Stream } from './stream';

interface Opening extends Pick<Parameters<typeof readRequest>[0], 'graph' | 'journal'> {
  hub: Hub;
  limits: Limits;
  trusted: TrustedDocuments | null;
}

/**
 * Opens a stream for a client, within its limits: its first message is charged, and it counts among the client's streams until it ends.
 * @param last where to go on after, if not where the request says
 * @throws what `readRequest` and the hub throw; Refusal TOO_COSTLY or RATE_LIMITED
 */
export async function openStream(
  options: Opening,
  by: SignedIn,
  address: string,
  asked: Asked,
  onEnd: (stream: Stream) => void = () => {},
  last: string | null = null,
): Promise<{ request: LiveRequest; stream: Stream }> {
  const { graph, hub, limits, trusted } = options;
  const ticket = limits.begin({ viewer: by.viewer.kind === 'NOBODY' ? null : by.viewer.name, address });
  try {
    const read = readRequest(options, by, { ...asked, query: documentMeant(asked, trusted) }, ticket.told);
    const request = last === null ? read : { ...read, after: last };
    const pass = ticket.open({ graph, ...request });
    try {
      const stream: Stream = await hub.subscribe(request, pass, () => {
        pass.close();
        onEnd(stream);
      });
      return { request, stream };
    } catch (error) {
      pass.close();
      throw error;
    }
  } finally {
    ticket.close(null);
  }
}
