// The site's search runs in a Worker, which a page opened from disk may not start. There, a hidden frame stands for it.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = `
        <script>self.postMessage = data => parent.postMessage({ answer: data }, "*");</script>
        <script src="${url}"></script>`;
      this.frame.onload = () => {
        for (const data of this.waiting) this.send(data);
        this.waiting = null;
      };
      addEventListener("message", ({ source, data }) => {
        if (source === this.frame.contentWindow) this.dispatchEvent(new MessageEvent("message", { data: data.answer }));
      });
      document.body.append(this.frame);
    }
    send(data) {
      const frame = this.frame.contentWindow;
      frame.dispatchEvent(new frame.MessageEvent("message", { data }));
    }
    postMessage(data) {
      if (this.waiting) this.waiting.push(data);
      else this.send(data);
    }
  };
}
