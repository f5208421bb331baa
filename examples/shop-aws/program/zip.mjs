import { crc32, deflateRawSync } from 'node:zlib';

/** 1980-01-01: the same files are the same zip, whenever it is made. */
const DATE = 0x21;
/** A plain file that everybody may read, made on Unix. */
const MODE = 0o100644 * 2 ** 16;

/** Files ({ name, body }) as a zip. */
export function zip(files) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const { name, body } of files) {
    const packed = deflateRawSync(body, { level: 9 });
    const path = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0); // version that can unpack it
    fields.writeUInt16LE(8, 4); // deflate
    fields.writeUInt16LE(DATE, 8);
    fields.writeUInt32LE(crc32(body), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(body.length, 18);
    fields.writeUInt16LE(path.length, 22);

    const entry = Buffer.concat([Buffer.from('PK\x03\x04'), fields, path, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(MODE, 6);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), fields, place, path]));
    locals.push(entry);
    offset += entry.length;
  }

  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
