import { afterEach, expect, test, vi } from "vitest";
import { addressOf, answer, api, setCsrfToken, whenSignedOut } from "./client";
import { RequestFailed } from "./failure";

const sent: Request[] = [];

function serverAnswers(status: number, body?: unknown, headers: Record<string, string> = {}) {
  vi.stubGlobal("fetch", (request: Request) => {
    sent.push(request);
    return Promise.resolve(
      new Response(body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body), {
        status,
        headers: { "content-type": "application/json", ...headers },
      }),
    );
  });
}

afterEach(() => {
  sent.length = 0;
  setCsrfToken(undefined);
  whenSignedOut(() => undefined);
});

test("every call names the version; only those that change something carry the token", async () => {
  setCsrfToken("t0");
  serverAnswers(200, { id: "a b" });
  const params = { path: { jobId: "a b/c" } };
  expect(await answer(api.GET("/jobs/{jobId}", { params }))).toEqual({ id: "a b" });
  serverAnswers(204);
  await answer(api.POST("/jobs/{jobId}/stop", { params }));
  const [get, post] = sent;
  expect(get?.url).toBe(`${location.origin}/api/jobs/a%20b%2Fc?api-version=bellwether-1`);
  expect(get?.headers.get("x-csrf-token")).toBeNull();
  expect(post?.headers.get("x-csrf-token")).toBe("t0");
});

test("a refusal is thrown in the server's words, one of a proxy by its status", async () => {
  serverAnswers(
    422,
    { error: { code: "Invalid", message: "group is missing", requestId: "1", time: "" } },
    { "retry-after": "7" },
  );
  const params = { path: { jobId: "a" } };
  await expect(answer(api.GET("/jobs/{jobId}", { params }))).rejects.toMatchObject({
    status: 422,
    code: "Invalid",
    message: "group is missing",
    retryAfter: 7,
  });
  serverAnswers(502, "<html>Bad gateway</html>");
  const failure = await answer(api.GET("/jobs/{jobId}", { params })).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RequestFailed);
  expect(failure).toMatchObject({ status: 502, code: undefined, message: "HTTP 502", retryAfter: undefined });
});

test("401 says that nobody is signed in any more, but not to who signs in", async () => {
  const gone = vi.fn();
  whenSignedOut(gone);
  serverAnswers(401, { error: { code: "Unauthorized", message: "no", requestId: "1", time: "" } });
  await expect(api.POST("/session", { body: { email: "a", password: "b" } })).rejects.toThrow("no");
  expect(gone).not.toHaveBeenCalled();
  await expect(api.GET("/jobs")).rejects.toThrow("no");
  expect(gone).toHaveBeenCalledOnce();
});

test("addresses for the browser itself have the version and leave out what is not given", () => {
  expect(addressOf("/jobs/a/results", { format: "csv", status: undefined, search: "a&b" })).toBe(
    "/api/jobs/a/results?format=csv&search=a%26b&api-version=bellwether-1",
  );
});
