// What one writes without a hub: a channel per client, a loop per client, one write and flush per event. The lower yardstick of the load
// rig.
//   AkkaSse.NaiveEndpoint PORT      GET /sse/S subscribes, POST /pub/S publishes the body; loopback only
using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(k => k.ListenLocalhost(int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture)));
var app = builder.Build();
var streams = new ConcurrentDictionary<string, ConcurrentDictionary<Channel<string>, bool>>();

app.MapGet("/sse/{stream}", async (string stream, HttpContext context) =>
{
    var mine = Channel.CreateUnbounded<string>();
    var readers = streams.GetOrAdd(stream, _ => new());
    readers[mine] = true;
    context.Response.ContentType = "text/event-stream";
    await context.Response.Body.FlushAsync();
    try
    {
        await foreach (var data in mine.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync($"data: {data}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
    catch (OperationCanceledException)
    {
        // The client has gone.
    }
    finally
    {
        readers.TryRemove(mine, out _);
    }
});

app.MapPost("/pub/{stream}", async (string stream, HttpContext context) =>
{
    using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
    var data = await reader.ReadToEndAsync();
    if (streams.TryGetValue(stream, out var readers))
    {
        foreach (var (channel, _) in readers) channel.Writer.TryWrite(data);
    }
    return Results.StatusCode(202);
});

app.Run();
