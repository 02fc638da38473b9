using System.Net;
using System.Text.Json;
using AkkaSse.ContractService;
using Microsoft.AspNetCore.Http.HttpResults;

var port = int.TryParse(Environment.GetEnvironmentVariable("PORT"), out var given) && given is >= 0 and <= ushort.MaxValue ? given : 8000;
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();

// Loopback only: whoever reaches this program can make it send requests anywhere.
builder.WebHost.ConfigureKestrel(o =>
{
    if (port == 0)
    {
        o.Listen(IPAddress.Loopback, 0);
    }
    else
    {
        o.ListenLocalhost(port);
    }
});
await using var app = builder.Build();
await using var streams = new StreamTable();

app.MapGet("/", () => Results.Json(new
{
    name = "akkasse",
    capabilities = new[]
    {
        "bom", "comments", "headers", "last-event-id", "post", "read-timeout", "report", "restart", "server-directed-shutdown-request",
    },
}));
app.MapDelete("/", (HttpContext context) =>
{
    context.Response.OnCompleted(() =>
    {
        app.Lifetime.StopApplication();
        return Task.CompletedTask;
    });
    return Results.NoContent();
});
app.MapPost("/", async Task<Results<Created, BadRequest<string>>> (HttpRequest request) =>
{
    var (parameters, error) = StreamParameters.Read(await JsonBody.ReadAsync(request));
    if (parameters is null)
    {
        return TypedResults.BadRequest(error);
    }

    StreamEntity stream;
    try
    {
        stream = new StreamEntity(parameters);
    }
    catch (ArgumentException e)
    {
        return TypedResults.BadRequest(e.Message);
    }

    return TypedResults.Created($"{request.Scheme}://{request.Host}/streams/{streams.Add(stream)}");
});
app.MapPost("/streams/{id}", async Task<Results<NoContent, NotFound, BadRequest<string>>> (string id, HttpRequest request) =>
{
    if (streams.Find(id) is not { } stream)
    {
        return TypedResults.NotFound();
    }

    var body = await JsonBody.ReadAsync(request);
    if (body is not { ValueKind: JsonValueKind.Object } command
        || !command.TryGetProperty("command", out var name)
        || name.ValueKind != JsonValueKind.String
        || name.GetString() != "restart")
    {
        return TypedResults.BadRequest("The only command is restart.");
    }

    stream.Restart();
    return TypedResults.NoContent();
});
app.MapDelete("/streams/{id}", async Task<Results<NoContent, NotFound>> (string id) =>
{
    if (streams.Remove(id) is not { } stream)
    {
        return TypedResults.NotFound();
    }

    await stream.DisposeAsync();
    return TypedResults.NoContent();
});

await app.StartAsync();
Console.WriteLine($"listening on {app.Urls.First()}");
await app.WaitForShutdownAsync();
