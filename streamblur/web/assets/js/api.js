// What the page asks of the server; errors come back as Problem.
export class Problem extends Error {
  constructor(status, code, message, after = 0) {
    super(message);
    Object.assign(this, { status, code, after });
  }
}

let csrf = "";

export async function begin() {
  const about = await ask("GET", "/api/session");
  csrf = about.csrf;
  return about;
}

async function refused(answer) {
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401 && said.error?.code === "session" && !sessionStorage.getItem("reloaded")) {
    sessionStorage.setItem("reloaded", "1");
    location.reload();
  }
  return new Problem(answer.status, said.error?.code ?? "other", said.error?.message ?? "", Number(answer.headers.get("Retry-After") ?? 0));
}

// A POST always brings JSON: one without a body would be refused as what a foreign form can send.
export async function reach(method, path, body = method === "POST" ? {} : undefined) {
  const headers = { "X-CSRF-Token": csrf };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), keepalive: method === "DELETE" });
  if (!answer.ok) throw await refused(answer);
  sessionStorage.removeItem("reloaded");
  return answer;
}

export async function ask(method, path, body) {
  const answer = await reach(method, path, body);
  return answer.status === 204 ? null : answer.json();
}

// fetch cannot tell how far an upload is; XMLHttpRequest can.
export function send(file, settings, edits, onShare, signal) {
  const form = new FormData();
  form.append("settings", JSON.stringify(settings));
  form.append("edits", JSON.stringify(edits ?? {}));
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/jobs");
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onShare(event.loaded / event.total);
    request.onload = () => {
      if (request.status === 201) return resolve(request.response);
      const error = request.response?.error ?? {};
      return reject(new Problem(request.status, error.code ?? "other", error.message ?? "", Number(request.getResponseHeader("Retry-After") ?? 0)));
    };
    request.onerror = () => reject(new Problem(0, "lost", ""));
    request.onabort = () => reject(new Problem(0, "cancelled", ""));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

export function listen(onNews, onState, path = "/api/events") {
  const events = new EventSource(path);
  events.onmessage = (event) => onNews(JSON.parse(event.data));
  events.onopen = () => onState(true);
  events.onerror = () => {
    onState(false);
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(onNews, onState, path), 2000);
  };
  return events;
}

export async function preview(id, settings, time, edits) {
  const answer = await ask("POST", `/api/jobs/${id}/preview`, { settings, time, edits });
  const bytes = Uint8Array.from(atob(answer.image), (letter) => letter.charCodeAt(0));
  return { ...answer, image: URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" })) };
}
