using System.Net;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

[Trait("speed", "slow")]
public sealed class SampleTests
{
    [Fact]
    public async Task Progress_of_a_job_arrives_whole_and_in_order()
    {
        var (process, url) = await ProgramProcess.ListenAsync(BuildOutput.Program("samples/ProgressBar", "ProgressBar"), ["--urls", "http://127.0.0.1:0"]);
        await using var program = process;
        using var http = new HttpClient { BaseAddress = url };
        await using var reader = await StreamReading.OpenAsync(http, "/jobs/events", null);
        await reader.NextAsync("hub.open");

        (await http.PostAsync("/jobs", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        for (var expected = 1; expected <= 100; expected++)
        {
            var progress = StreamReading.Json(await reader.NextAsync("progress"));
            progress.GetProperty("job").GetString().ShouldBe("job-1");
            progress.GetProperty("done").GetInt32().ShouldBe(expected);
            if (expected == 100) progress.GetProperty("primes").GetInt32().ShouldBe(148_933);
        }
    }
}
