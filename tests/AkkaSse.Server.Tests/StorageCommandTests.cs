using System.Net;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

/// <summary>The commands that look into a data directory, as processes of their own, beside the server that has it.</summary>
[Trait("speed", "slow")]
public sealed class StorageCommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("akkasse-storage");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Directory_is_listed_verified_exported_and_copied_while_a_server_has_it()
    {
        var data = Path.Combine(_directory.FullName, "data");
        await using var server = await TestServer.StartAsync("--data", data);
        (await server.PublishAsync("news", "one", "headline")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await server.PublishAsync("news", "two")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        (await RunAsync("list", data)).ShouldContain("\t1\t2");
        (await RunAsync("verify", data)).ShouldContain("1 streams with 2 events are whole.");
        var lines = (await RunAsync("export", data, "--stream", "news")).Split('\n').Where(static l => l.StartsWith('{')).ToList();
        lines.Select(static l => JsonDocument.Parse(l).RootElement.GetProperty("data").GetString()).ShouldBe(["one", "two"]);
        (await RunAsync("backup", data, Path.Combine(_directory.FullName, "copy"))).ShouldContain("begins new epochs");
        (await RunAsync("verify", Path.Combine(_directory.FullName, "copy"))).ShouldContain("1 streams with 2 events are whole.");
    }

    [Fact]
    public async Task What_is_no_data_directory_is_refused_in_a_sentence()
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["storage", "list", _directory.FullName]);
        code.ShouldBe(1);
        output.ShouldContain("is no data directory");
        output.ShouldNotContain("   at ");
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["storage", .. arguments]);
        code.ShouldBe(0, output);
        return output;
    }
}
