import { buffer } from 'node:stream/consumers';
import { extractText } from 'unpdf';

// Reads a PDF and writes the text of its sheets, a JSON array: what it takes is an ES module that jest on Node 20 cannot load.

const { text } = await extractText(new Uint8Array(await buffer(process.stdin)));
process.stdout.write(JSON.stringify(text));
