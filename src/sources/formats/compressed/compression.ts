// How files are compressed as a whole, by the ending of their name.

export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'zip' | 'uncompressed';

const ENDINGS: Readonly<Record<string, Compression>> = { gz: 'gzip', zst: 'zstd', bz2: 'bzip2', zip: 'zip' };

/** How a file of this name is compressed. */
export function compressionOf(path: string): Compression {
  const [, ending = ''] = /\.(gz|zst|bz2|zip)$/i.exec(path) ?? [];
  return ENDINGS[ending.toLowerCase()] ?? 'uncompressed';
}

/** The compression as the engine names it. It never reads the other kinds: it gets a copy of their rows. */
export function engineCompression(path: string): 'gzip' | 'zstd' | 'uncompressed' {
  const compression = compressionOf(path);
  return compression === 'gzip' || compression === 'zstd' ? compression : 'uncompressed';
}

/** Whether the engine can decompress the file itself. */
export function isReadByEngine(path: string): boolean {
  return compressionOf(path) === engineCompression(path);
}
