using AkkaSse.Hub;
using ProgressBar;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddSseHub(hub =>
{
    hub.AutoCreate = true;
    hub.StreamDefaults = new StreamOptions
    {
        // A page that comes back after ten minutes still draws its bars.
        MaxAge = TimeSpan.FromMinutes(10),
        // Of a bar only the newest value matters: a reader that was away gets one event per job, not a thousand.
        SlowReader = SlowReaderPolicy.Conflate,
    };
});
builder.Services.AddSingleton<JobQueue>();
builder.Services.AddHostedService<JobWorker>();

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();
app.MapSseStream("/jobs/events", JobWorker.Stream);
app.MapPost("/jobs", (JobQueue jobs) =>
    jobs.TryEnqueue() is { } job ? Results.Accepted("/jobs/events", new { job }) : Results.StatusCode(503));
app.Run();
