using System.Net;
using AkkaSse.Samples.Tests.Support;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Samples.Tests;

[Trait("speed", "slow")]
public sealed class ProgressBarTests
{
    [Fact]
    public async Task Progress_of_a_job_arrives_whole_and_in_order()
    {
        await using var sample = await RunningSample.StartAsync("ProgressBar");
        await using var reader = await sample.ReadAsync("/jobs/events");
        await reader.NextAsync("hub.open");

        (await sample.Http.PostAsync("/jobs", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        for (var expected = 1; expected <= 100; expected++)
        {
            var progress = StreamReading.Json(await reader.NextAsync("progress"));
            progress.GetProperty("job").GetString().ShouldBe("job-1");
            progress.GetProperty("done").GetInt32().ShouldBe(expected);
            if (expected == 100) progress.GetProperty("primes").GetInt32().ShouldBe(148_933);
        }
    }
}
