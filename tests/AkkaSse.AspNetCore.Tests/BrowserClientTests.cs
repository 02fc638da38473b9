using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>The browser client as an application serves it.</summary>
public sealed class BrowserClientTests
{
    [Theory]
    [InlineData(null, false)]
    [InlineData("br, gzip", true)]
    [InlineData("gzip;q=0, br", false)]
    public async Task Script_is_served_as_a_module_with_a_tag_and_compressed_where_that_is_taken(string? accepted, bool isCompressed)
    {
        await using var host = await EdgeHost.StartAsync(app: static app => app.MapSseBrowserClient());
        using var http = new HttpClient { BaseAddress = host.Address };
        if (accepted is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Encoding", accepted);

        using var response = await http.GetAsync("/akkasse.js");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/javascript; charset=utf-8");
        response.Headers.CacheControl!.NoCache.ShouldBeTrue();
        response.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Content.Headers.ContentEncoding.ShouldBe(isCompressed ? ["gzip"] : []);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Text(bytes, isCompressed).ShouldContain("export const subscribe");
        if (isCompressed) bytes.Length.ShouldBeLessThan(20 * 1024, "what a page waits for");

        using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/akkasse.js"));
        (head.StatusCode, head.Content.Headers.ContentLength).ShouldBe((HttpStatusCode.OK, bytes.Length));
        using var again = new HttpRequestMessage(HttpMethod.Get, "/akkasse.js");
        again.Headers.IfNoneMatch.ParseAdd("\"another\"");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await http.SendAsync(again);
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await unchanged.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Compressed_and_plain_have_tags_of_their_own()
    {
        await using var host = await EdgeHost.StartAsync(app: static app => app.MapSseBrowserClient("/scripts/hub.js"));

        var tags = new List<string?>();
        foreach (var header in (string[][])[[], ["Accept-Encoding: gzip"]])
        {
            var response = await host.GetAsync("/scripts/hub.js", header);
            response.Status.ShouldBe(200);
            tags.Add(response.Header("ETag"));
        }
        tags.ShouldBeUnique();
        (await host.GetAsync("/akkasse.js")).Status.ShouldBe(404, "it is where the application says");
    }

    private static string Text(byte[] bytes, bool isCompressed)
    {
        using Stream plain = isCompressed
            ? new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress) : new MemoryStream(bytes);
        using var reader = new StreamReader(plain, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
