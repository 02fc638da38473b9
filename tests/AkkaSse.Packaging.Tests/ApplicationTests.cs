using AkkaSse.Packaging.Tests.Support;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Packaging.Tests;

/// <summary>Applications outside of the repository with nothing but packages: the programs of the readmes, built and run.</summary>
[Trait("speed", "slow")]
[Collection(PackedPackagesCollection.Name)]
public sealed class ApplicationTests(PackedPackages packed)
{
    // Where the programs of the readmes listen.
    private const string Readme = "http://localhost:5000";

    [Fact]
    public async Task New_web_application_serves_the_hub_and_a_program_with_the_client_alone_reads_it()
    {
        var web = await packed.BuildApplicationAsync("web", "Web", PackageProject.Of("AkkaSse.AspNetCore").Snippet, "AkkaSse.AspNetCore");
        var (server, url) = await ProgramProcess.ListenAsync(web, ["--urls=http://127.0.0.1:0"]);
        await using var running = server;

        await using var reader = await RawSseClient.OpenAsync(url, "/v1/streams/orders/events");
        (await reader.NextAsync("hub.open")).Data.ShouldNotBeNull().ShouldContain("\"orders\"");
        using var http = new HttpClient { BaseAddress = url };
        using var published = await http.PostAsync("/v1/streams/orders/events", new StringContent("hello"));
        published.IsSuccessStatusCode.ShouldBeTrue(server.Output);
        (await reader.NextEventAsync()).Data.ShouldBe("hello");

        var snippet = PackageProject.Of("AkkaSse.Client").Snippet;
        snippet.ShouldContain(Readme);
        var program = snippet.Replace(Readme, url.ToString().TrimEnd('/'), StringComparison.Ordinal);
        var console = await packed.BuildApplicationAsync("console", "Reader", program, "AkkaSse.Client");
        await using var client = ProgramProcess.Start(console, [], null);
        await Eventually.Until(() => client.Output.Contains("headline: Rain tomorrow", StringComparison.Ordinal),
            () => $"the event that the program published. It wrote:\n{client.Output}\nThe hub wrote:\n{server.Output}");
    }

    [Fact]
    public async Task Spec_that_an_engine_of_others_fails_says_what_was_wrong()
    {
        // Nothing is appended where nobody may create a stream.
        const string source = """
            using AkkaSse.Engine.Specs;
            using AkkaSse.Hub;
            using AkkaSse.Hub.Engine.InProcess;

            var specs = new FailingSpecs();
            await specs.InitializeAsync();
            try
            {
                await specs.Page_says_complete_or_more();
            }
            catch (Exception e)
            {
                Console.WriteLine($"{e.Message}{Environment.NewLine}told");
            }
            await specs.DisposeAsync();

            public sealed class FailingSpecs : ReadSpecs
            {
                protected override IEngineHarness CreateHarness() => new Harness();
            }

            public sealed class Harness : IEngineHarness
            {
                public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
                {
                    var engine = new InProcessEngine();
                    var hub = new SseHub(new HubOptions { NodeName = name }, engine);
                    await hub.StartAsync();
                    return new EngineNode(hub, engine);
                }

                public ValueTask DisposeAsync() => ValueTask.CompletedTask;
            }
            """;
        var program = await packed.BuildApplicationAsync("console", "Failing", source, "AkkaSse.Engine.Specs");
        await using var run = ProgramProcess.Start(program, [], null);
        await Eventually.Until(() => run.Output.Contains("told", StringComparison.Ordinal), () => $"the failure in\n{run.Output}");
        run.Output.ShouldContain("NoStream");
        run.Output.ShouldContain("should be");
        run.Output.ShouldNotContain("Shouldly uses your source code");
    }

    [Fact]
    public async Task Application_with_all_packages_builds_without_a_warning()
    {
        var packages = PackageProject.All.Select(static p => p.Name);
        var program = await packed.BuildApplicationAsync("web", "All", PackageProject.Of("AkkaSse.Cluster").Snippet, packages);
        File.Exists(Path.Combine(Path.GetDirectoryName(program)!, "AkkaSse.Cluster.dll")).ShouldBeTrue();
    }
}
