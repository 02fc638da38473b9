using Npgsql;
using PostgresOutbox;

var builder = WebApplication.CreateBuilder(args);
var connectionString = builder.Configuration.GetConnectionString("Shop")
    ?? throw new InvalidOperationException("ConnectionStrings:Shop is missing. Set ConnectionStrings__Shop='Host=…;Database=…'.");

// The hub and the shop share a database. The hub may also run elsewhere: the shop then only needs the function akkasse.publish.
builder.Services.AddSseHub(hub => hub.AutoCreate = true).UsePostgres(connectionString);
builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connectionString));
builder.Services.AddSingleton<Shop>();

var app = builder.Build();
app.MapSseStream("/orders/events", Shop.Stream);
app.MapPost("/orders", async (string article, int quantity, Shop shop, CancellationToken cancellation) =>
    await shop.OrderAsync(article, quantity, cancellation) is { } number
        ? Results.Ok(new { number })
        : Results.Problem($"There are not {quantity} of {article}.", statusCode: StatusCodes.Status409Conflict));
app.MapGet("/stock/{article}", async (string article, Shop shop, CancellationToken cancellation) =>
    await shop.StockAsync(article, cancellation) is { } amount ? Results.Ok(new { article, amount }) : Results.NotFound());

await app.Services.GetRequiredService<Shop>().CreateTablesAsync();
app.Run();
