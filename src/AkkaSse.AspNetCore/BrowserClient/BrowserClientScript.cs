using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace AkkaSse.AspNetCore;

/// <summary>The browser client as bytes of an answer, plain and compressed; made when it is asked for first.</summary>
internal static class BrowserClientScript
{
    private const string Resource = "browser/akkasse.js";

    private static readonly Lazy<Representation> Plain = new(static () => new Representation(Read(), null));
    private static readonly Lazy<Representation> Gzip = new(static () => new Representation(Compress(Plain.Value.Content), "gzip"));

    internal static Task WriteAsync(HttpContext context)
    {
        var request = context.Request.GetTypedHeaders();
        var isCompressed = request.AcceptEncoding.Any(static e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)
            && e.Quality is null or > 0);
        var script = isCompressed ? Gzip.Value : Plain.Value;
        var headers = context.Response.Headers;
        headers.ETag = script.Tag.ToString();
        headers.Vary = HeaderNames.AcceptEncoding;
        // Asked for again at each load, and answered without a body: a page and its hub are of one version.
        headers.CacheControl = "no-cache";
        headers.XContentTypeOptions = "nosniff";
        if (request.IfNoneMatch.Any(t => t.Compare(script.Tag, useStrongComparison: false) || t.Equals(EntityTagHeaderValue.Any)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        context.Response.ContentType = "text/javascript; charset=utf-8";
        context.Response.ContentLength = script.Content.Length;
        if (script.Encoding is { } encoding) headers.ContentEncoding = encoding;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(script.Content, 0, script.Content.Length, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var stream = typeof(BrowserClientScript).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static byte[] Compress(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize)) gzip.Write(content);
        return compressed.ToArray();
    }

    private sealed class Representation(byte[] content, string? encoding)
    {
        internal byte[] Content { get; } = content;

        internal string? Encoding { get; } = encoding;

        // Of these bytes: what is compressed has another tag than what is not.
        internal EntityTagHeaderValue Tag { get; } = new($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\"");
    }
}
