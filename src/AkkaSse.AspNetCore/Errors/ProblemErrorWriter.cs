using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The default: <c>application/problem+json</c> (RFC 9457) with the extra member <c>code</c>, or <c>text/plain</c> when <c>Accept</c>
/// prefers it.
/// </summary>
internal sealed class ProblemErrorWriter : IHubErrorWriter
{
    public const string ProblemType = "application/problem+json";

    public Task WriteAsync(HttpContext context, int status, string code, string message)
    {
        var response = context.Response;
        response.StatusCode = status;
        context.Features.Get<IHubAuditFeature>()?.Refuse(status, code);
        // A cached refusal would outlive its cause.
        response.Headers.CacheControl = "no-store";
        if (PrefersText(context.Request))
        {
            response.ContentType = "text/plain; charset=utf-8";
            return ResponseBody.WriteAsync(context, Encoding.UTF8.GetBytes(message + "\n"));
        }

        response.ContentType = ProblemType;
        var body = new ArrayBufferWriter<byte>(256 + message.Length);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank");
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status", status);
            json.WriteString("detail", message);
            json.WriteString("code", code);
            json.WriteEndObject();
        }
        return ResponseBody.WriteAsync(context, body.WrittenSpan);
    }

    private static bool PrefersText(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return false;
        double text = 0, json = 0, any = 0;
        foreach (var range in ranges)
        {
            var quality = range.Quality ?? 1;
            if (range.MatchesAllTypes) any = Math.Max(any, quality);
            else if (Covers(range, "text", "plain")) text = Math.Max(text, quality);
            else if (Covers(range, "application", "json")) json = Math.Max(json, quality);
        }
        return text > Math.Max(json, any);
    }

    private static bool Covers(MediaTypeHeaderValue range, string type, string suffix) =>
        range.Type.Equals(type, StringComparison.OrdinalIgnoreCase)
        && (range.MatchesAllSubTypes || range.SubType.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
}
