using OwnEngine.Engine;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSseHub(hub => hub.AutoCreate = true)
    .UseEngine(static services => new ListEngine(services.GetRequiredService<ILogger<ListEngine>>()));

var app = builder.Build();
app.MapSseHub();
app.Run();
