// The camera in a dialog: a live preview, and a shutter that gives a picture.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ErrorLine } from "./work";

const REFUSED: Record<string, string> = {
  NotAllowedError: "The camera is not allowed here. Allow it for this page in the browser, or choose a file.",
  NotFoundError: "There is no camera. Choose a file instead.",
  NotReadableError: "The camera is in use by another program. Close that, or choose a file.",
};
const NONE = "The camera cannot be used here. Choose a file instead.";
const SIDES = ["environment", "user"] as const;

export function Camera({ onPicture, onClose }: { onPicture: (picture: File) => void; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [side, setSide] = useState(0);
  const [cameras, setCameras] = useState(0);
  const [live, setLive] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useLayoutEffect(() => {
    const opened = dialog.current!;
    opened.showModal();
    return () => opened.close();
  }, []);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let over = false;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    const start = async () => {
      const asked = { facingMode: SIDES[side], width: { ideal: 2560 }, height: { ideal: 1920 } };
      stream = await navigator.mediaDevices.getUserMedia({ video: asked });
      if (over) return stop();
      video.current!.srcObject = stream;
      const devices = await navigator.mediaDevices.enumerateDevices();
      setCameras(devices.filter((one) => one.kind === "videoinput").length);
    };
    start().catch((failed: Error) => over || setError(REFUSED[failed.name] ?? NONE));
    return () => {
      over = true;
      stop();
    };
  }, [side]);
  const shoot = () => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    canvas.toBlob((picture) => {
      onPicture(new File([picture!], "camera.jpg", { type: "image/jpeg" }));
      onClose();
    }, "image/jpeg", 0.95);
  };
  return (
    <dialog
      class="dialog camera"
      ref={dialog}
      aria-label="Camera"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {error ? <ErrorLine message={error} /> : (
        <video ref={video} autoPlay playsInline muted aria-label="What the camera sees" onPlaying={() => setLive(true)} />
      )}
      <div class="line">
        {!error && <button class="button main" autoFocus disabled={!live} onClick={shoot}>Take the picture</button>}
        {cameras > 1 && <button class="button" onClick={() => setSide((before) => 1 - before)}>Other camera</button>}
        <button class="button" onClick={onClose}>Close</button>
      </div>
    </dialog>
  );
}
