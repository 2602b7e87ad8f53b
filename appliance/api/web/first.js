// The first script, in JavaScript that old browsers read: a page that does not start in them shows a sentence. A page of
// which a script or the style did not come, as when a phone changes its network, is loaded again. And what the page needs
// before it can show anything is asked for at once, while its modules are on their way.

(function () {
  function show() {
    if (document.documentElement.dataset.started) return;
    document.getElementById("too-old").style.display = "block";
  }

  function watch() {
    if (!("noModule" in document.createElement("script"))) show();
  }

  /** Load the page again once the station answers. */
  function again() {
    setTimeout(function () {
      fetch("").then(function () { location.reload(); }, again);
    }, 2000);
  }

  function failed(event) {
    if (event.target === window) show();
    else if (/\.\w{16}\./.test(event.target.src || event.target.href)) again(); // ours: a proxy may add others
  }

  /** Ask for what base/session.js and base/texts.js take. */
  function early() {
    var language = localStorage.getItem("language") || String(navigator.languages[0]).split("-")[0];
    var paths = ["texts/" + language + ".json"];
    if (localStorage.getItem("session") && !/token=/.test(location.hash)) paths.push("v1/session", "v1/state");
    window.asked = {};
    paths.forEach(function (path) {
      window.asked[path] = fetch(path);
      window.asked[path].catch(function () {}); // who takes the answer learns of it
    });
  }

  addEventListener("error", failed, true); // what comes from an element does not bubble
  addEventListener("unhandledrejection", show);
  if (window.fetch && document.currentScript.hasAttribute("data-early")) early();
  document.addEventListener("DOMContentLoaded", watch);
}());
