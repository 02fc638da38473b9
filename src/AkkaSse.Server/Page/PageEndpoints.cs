using System.Security.Cryptography;

namespace AkkaSse.Server.Page;

/// <summary>The console at <c>/console</c>, and at <c>/</c> its first tab: embedded files, no request to anywhere else.</summary>
internal static class PageEndpoints
{
    // Scripts and styles from this server's files alone: text of events can never become code, whatever the page does with it.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Prefix = "page/";
    private const string Document = "index.html";

    internal static void MapPage(this IEndpointRouteBuilder routes)
    {
        var files = typeof(PageEndpoints).Assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(static name => name[Prefix.Length..]);
        foreach (var file in files)
        {
            string[] paths = file == Document ? ["/", "/console"] : ["/page/" + file];
            Map(routes, paths, Read(file), ContentTypeOf(file));
        }
    }

    private static void Map(IEndpointRouteBuilder routes, string[] paths, byte[] content, string contentType)
    {
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"";
        foreach (var path in paths)
        {
            routes.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context => WriteAsync(context, content, tag, contentType))
                .AllowAnonymous();
        }
    }

    private static string ContentTypeOf(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };

    private static Task WriteAsync(HttpContext context, byte[] content, string tag, string contentType)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ETag = tag;
        headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        context.Response.ContentType = contentType;
        context.Response.ContentLength = content.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(content, 0, content.Length, context.RequestAborted);
    }

    private static byte[] Read(string file)
    {
        using var stream = typeof(PageEndpoints).Assembly.GetManifestResourceStream(Prefix + file)
            ?? throw new InvalidOperationException($"The page's file {file} is not embedded.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
