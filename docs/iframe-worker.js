/* Search without a web server. A browser refuses workers for pages that were opened from a disk (file:), so the script of
   the search runs in a hidden frame instead. mkdocs.yml lists this file; its name keeps the plugin "offline" from adding a
   script from the network. */
"use strict";

class FrameWorker extends EventTarget {
  constructor(url) {
    super();
    this.frame = document.createElement("iframe");
    this.frame.hidden = true;
    this.frame.title = "search";
    this.loaded = new Promise((resolve) => this.frame.addEventListener("load", resolve, { once: true }));
    const script = document.createElement("script");
    script.src = new URL(url, document.baseURI);
    this.frame.srcdoc = script.outerHTML;
    this.loaded.then(() => {
      this.frame.contentWindow.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
    });
    document.documentElement.append(this.frame);
  }

  postMessage(data) {
    this.loaded.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
  }

  terminate() {
    this.frame.remove();
  }
}

if (location.protocol === "file:") window.Worker = FrameWorker;
