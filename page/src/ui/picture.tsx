// The picture of a handle, by its address; in a conversation, where there is none, as data once it is in sight.

import { useEffect, useRef, useState } from "preact/hooks";
import { useShared } from "../context";

export interface PictureProps {
  of: string;
  alt: string;
  side?: 192 | 512;
  version?: number;
}

const BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

export function Picture({ of: handle, alt, side = 192, version }: PictureProps) {
  const { api } = useShared();
  return api.load ? (
    <Loaded key={`${side} ${handle}`} load={() => api.load!(handle, side)} alt={alt} />
  ) : (
    <Addressed source={api.address(handle, side, version)} alt={alt} />
  );
}

/** A case that came by its vector alone has none: its address answers with nothing. */
function Addressed({ source, alt }: { source: string; alt: string }) {
  const [missing, setMissing] = useState<string | null>(null);
  if (missing === source) return <span class="no-picture">No picture</span>;
  return <img src={source} alt={alt} loading="lazy" decoding="async" draggable={false} onError={() => setMissing(source)} />;
}

function Loaded({ load, alt }: { load: () => Promise<string>; alt: string }) {
  const [source, setSource] = useState<string | null>(BLANK);
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    let gone = false;
    const sight = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      sight.disconnect();
      load().then((address) => gone || setSource(address), () => gone || setSource(null));
    });
    sight.observe(image.current!);
    return () => {
      gone = true;
      sight.disconnect();
    };
  }, []);
  return source === null ? <span class="no-picture">No picture</span> : <img ref={image} src={source} alt={alt} decoding="async" aria-busy={source === BLANK} />;
}
