using System.Text.Json;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests.Reference;

/// <summary>docs/http-reference.md is what the server says of itself.</summary>
public sealed class HttpReferenceTests
{
    private const string UpdateVariable = "AKKASSE_UPDATE_REFERENCE";

    [Fact]
    public async Task Committed_reference_is_that_of_the_server()
    {
        await using var server = await TestServer.StartAsync();
        using var document = JsonDocument.Parse(await server.Http.GetStringAsync("/openapi/v1.json"));
        var actual = HttpReference.Of(document.RootElement);

        var file = Path.Combine(BuildOutput.Root, "docs", "http-reference.md");
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1") await File.WriteAllTextAsync(file, actual);
        var committed = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
        var changed = string.Join('\n', actual.Split('\n').Except(committed.Split('\n')).Select(static l => "+ " + l).Concat(
            committed.Split('\n').Except(actual.Split('\n')).Select(static l => "- " + l)));
        (committed == actual).ShouldBeTrue(
            $"""

            docs/http-reference.md is not what the server serves (- committed, + served):

            {changed}

            Run
                {UpdateVariable}=1 dotnet test tests/AkkaSse.Server.Tests --filter {nameof(HttpReferenceTests)}
            and commit the file.
            """);
    }

    [Fact]
    public void Forms_of_a_call_stand_together_and_each_call_says_what_it_alone_answers()
    {
        const string Document = """
            {"info":{"title":"T","version":"1.2.3"},"components":{"schemas":{"Made":{"properties":{
              "name":{"type":"string"},"size":{"type":["null","integer"],"format":"int64"},"parts":{"type":"array","items":{"$ref":"#/components/schemas/Made"}}}}}},
            "paths":{
              "/v1/things/{thing}":{
                "get":{"summary":"Reads a thing.","parameters":[{"name":"thing","in":"path","required":true,"description":"its name","schema":{"type":"string"}}],
                  "responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Made"}}}},
                    "404":{"description":"`gone`: it | is not there"},"503":{"description":"`draining`: it ends"}}},
                "head":{"summary":"Reads a thing.","parameters":[{"name":"thing","in":"path","required":true,"description":"its name","schema":{"type":"string"}}],
                  "responses":{"200":{"description":"OK"},"503":{"description":"`draining`: it ends"}}},
                "delete":{"summary":"Drops a thing.","responses":{"204":{"description":"done"},"503":{"description":"`draining`: it ends"}}}},
              "/v1/thing":{"get":{"summary":"Reads a thing.","responses":{"200":{"description":"OK"},"503":{"description":"`draining`: it ends"}}}},
              "/v1/things":{"post":{"summary":"Makes a thing.","requestBody":{"required":true,"content":{"*/*":{}}},
                  "responses":{"202":{"description":"made"},"400":{"description":"`bad`: no"},"503":{"description":"`draining`: it ends"}}}}}}
            """;
        using var document = JsonDocument.Parse(Document);

        var text = HttpReference.Of(document.RootElement);

        text.ShouldContain("| 503 | [`draining`](http-api.md#errors) |");
        text.ShouldContain("### GET, HEAD /v1/things/{thing}\n\nReads a thing. Also `/v1/thing?thing=`.\n");
        text.ShouldContain("### DELETE /v1/things/{thing}\n");
        text.ShouldContain("| `thing` | path, required | string | its name |");
        text.ShouldContain("| 200 | [Made](#made), as `application/json` |");
        text.ShouldContain("| 404 | `gone` |");
        text.ShouldContain("Body (required): anything, as `*/*`.");
        text.ShouldContain("| `size` | integer or null |");
        text.ShouldContain("| `parts` | array of [Made](#made) |");
        // What every call answers is told once.
        text.Split("`draining`").Length.ShouldBe(2);
    }
}
