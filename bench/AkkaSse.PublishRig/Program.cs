// What publishing costs. Loopback only.
//   AkkaSse.PublishRig http://127.0.0.1:PORT [EVENTS] [STREAMS] [BYTES]
// Throughput of SseHubClient, the publishing side of the client library, into one node over HTTP: publishes to fresh streams, with
// idempotency keys, waits for every answer, and checks on the node that each stream ends at the offset that it must.
//   AkkaSse.PublishRig cluster request|batch|client|jetstream --node URL... [--pids P,P,P] [--streams 20] [--in-flight 64] [--bytes 200]
//                      [--batch 256] [--warm 2] [--seconds 5] [--label CASE/WHO]
// A closed loop over several nodes; one line of results, and 1 when something was refused or is not stored. bench/cluster.sh calls it.
//   AkkaSse.PublishRig report FILE
// Medians of such lines, and their ratios to the first WHO of each case.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AkkaSse.Client;
using AkkaSse.Protocol;
using AkkaSse.PublishRig;

if (args is ["report", var results])
{
    Report.Write(File.ReadLines(results), Console.Out);
    return 0;
}
if (args is ["cluster", _, ..])
{
    var measured = await ClusterLoad.RunAsync(LoadOptions.Parse(args[1..]));
    Console.WriteLine(measured);
    return measured.IsClean ? 0 : 1;
}
if (args.Length is < 1 or > 4 || !Uri.TryCreate(args[0], UriKind.Absolute, out var node) || !node.IsLoopback)
{
    Console.Error.WriteLine("AkkaSse.PublishRig http://127.0.0.1:PORT [EVENTS] [STREAMS] [BYTES]; loopback only.");
    return 2;
}
int Count(int at, int otherwise) => args.Length > at ? int.Parse(args[at], NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
var events = Math.Min(Count(1, 1_000_000), 10_000_000);
var streams = Math.Max(1, Count(2, 1));
var data = new byte[Math.Max(1, Count(3, 200))];
Array.Fill(data, (byte)'x');
var prefix = "publish-rig-" + Guid.NewGuid().ToString("n")[..8] + "-";

await using var client = new SseHubClient(new SseHubClientOptions { BaseAddress = node });
await RunAsync(Math.Min(events, 100_000), "warm-");
using var me = Process.GetCurrentProcess();
var cpu = me.TotalProcessorTime;
var started = Stopwatch.GetTimestamp();
var refused = await RunAsync(events, "");
var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
me.Refresh();
var used = (me.TotalProcessorTime - cpu).TotalSeconds;

using var http = new HttpClient { BaseAddress = node };
long heads = 0;
for (var s = 0; s < streams; s++)
{
    using var info = JsonDocument.Parse(await http.GetStringAsync($"/v1/streams/{prefix}{s}"));
    heads += info.RootElement.GetProperty("head").GetInt64();
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{{\"events\":{events},\"streams\":{streams},\"bytes\":{data.Length},\"seconds\":{seconds:0.000}," +
    $"\"events_per_s\":{events / seconds:0},\"client_us_per_event\":{used / events * 1e6:0.00},\"client_cores\":{used / seconds:0.00}," +
    $"\"refused\":{refused},\"stored\":{heads}}}"));
return refused == 0 && heads == events ? 0 : 1;

async Task<int> RunAsync(int count, string phase)
{
    var answers = new List<Task<SsePublishResult>>(count);
    var e = new SseEvent { DataBytes = data };
    for (var i = 0; i < count; i++)
        answers.Add(await client.EnqueueAsync(phase + prefix + (i % streams).ToString(CultureInfo.InvariantCulture), e));
    await client.FlushAsync();
    var bad = 0;
    foreach (var answer in answers)
    {
        if (!(await answer).IsAccepted) bad++;
    }
    return bad;
}
