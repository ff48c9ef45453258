import { crc32, inflateRawSync } from 'node:zlib';

/** An archive of parts, none of them packed. @param declared what the archive says of a part's size, where it is to lie */
export function zipOf(parts: Record<string, string>, declared: Record<string, number> = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(parts)) {
    const [file, bytes] = [Buffer.from(name), Buffer.from(text)];
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(bytes.length, 14);
    head.writeUInt32LE(declared[name] ?? bytes.length, 18);
    head.writeUInt16LE(file.length, 22);
    const entry = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, file, bytes]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, rest, file]));
    local.push(entry);
    offset += entry.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** A workbook whose sheets are given as the XML of their data; with what else is to stand in it. */
export function workbookOf(
  sheets: Record<string, string>,
  {
    strings = '',
    styles = '',
    properties = '',
    more = {},
  }: { strings?: string; styles?: string; properties?: string; more?: Record<string, string> } = {},
): Record<string, string> {
  const names = Object.keys(sheets);
  const relation = (id: string, kind: string, target: string) => `<Relationship Id="${id}" Type="http://x/${kind}" Target="${target}"/>`;
  return {
    'xl/workbook.xml': `<workbook xmlns:r="r">${properties}<sheets>${names.map((name, at) => `<sheet name="${name}" sheetId="${at + 1}" r:id="s${at}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${names.map((_, at) => relation(`s${at}`, 'worksheet', `worksheets/s${at}.xml`)).join('')}${relation('t', 'sharedStrings', '/xl/strings.xml')}${relation('y', 'styles', 'styles.xml')}</Relationships>`,
    'xl/strings.xml': `<sst>${strings}</sst>`,
    'xl/styles.xml': `<styleSheet>${styles}</styleSheet>`,
    ...Object.fromEntries(
      names.map((name, at) => [`xl/worksheets/s${at}.xml`, `<worksheet><sheetData>${sheets[name]}</sheetData></worksheet>`]),
    ),
    ...more,
  };
}

/** Rows of text as the data of a sheet. */
export const textRows = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `<row>${cells.map((cell) => `<c t="inlineStr"><is><t>${cell}</t></is></c>`).join('')}</row>`).join('');

/** The parts of an archive, unpacked, read from its directory at the end. */
export function partsOf(archive: Buffer): Record<string, string> {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const parts: Record<string, string> = {};
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, name, extra, comment] = [20, 28, 30, 32].map((place, index) =>
      index === 0 ? archive.readUInt32LE(at + place) : archive.readUInt16LE(at + place),
    );
    const [method, local] = [archive.readUInt16LE(at + 10), archive.readUInt32LE(at + 42)];
    const file = archive.toString('utf8', at + 46, at + 46 + name!);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = archive.subarray(start, start + packed!);
    parts[file] = (method === 8 ? inflateRawSync(bytes) : bytes).toString('utf8');
    at += 46 + name! + extra! + comment!;
  }
  return parts;
}

/** The cells of a sheet's XML, row by row, each as its type and its value. */
export function cellsIn(xml: string): string[][] {
  const plain = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  return [...xml.matchAll(/<row r="\d+">(.*?)<\/row>/gs)].map(([, row]) =>
    [
      ...row!.matchAll(
        /<c r="([A-Z]+)\d+"(?: s="\d+")?(?: t="(\w+)")?>(?:<is><t xml:space="preserve">(.*?)<\/t><\/is>|<v>(.*?)<\/v>)<\/c>/gs,
      ),
    ].map(([, column, type = 'n', text, value]) => `${column} ${type} ${plain(text ?? value!)}`),
  );
}
