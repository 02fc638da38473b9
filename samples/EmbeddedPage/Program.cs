using System.Security.Claims;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using EmbeddedPage;
using Microsoft.AspNetCore.Authentication.Cookies;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddSseHub(hub =>
{
    // The first publish creates its stream, and a page may wait for a stream that does not exist yet.
    hub.AutoCreate = true;
    hub.StreamDefaults = new StreamOptions { MaxEvents = 1_000, MaxAge = TimeSpan.FromMinutes(10) };
});
builder.Services.AddHostedService<Thermometer>();

// EventSource cannot set headers, but the browser sends cookies of the page's own origin with it.
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
{
    // Scripts need a status: they would follow a redirect and read the page behind it.
    options.Events.OnRedirectToLogin = static context => Answer(context.Response, StatusCodes.Status401Unauthorized);
    options.Events.OnRedirectToAccessDenied = static context => Answer(context.Response, StatusCodes.Status403Forbidden);
});
builder.Services.AddAuthorizationBuilder()
    .AddPolicy("members", static policy => policy.RequireAuthenticatedUser())
    .AddPolicy("nobody", static policy => policy.RequireAssertion(static _ => false));
// A body without one of its members is answered 400.
builder.Services.ConfigureHttpJsonOptions(static json =>
    json.SerializerOptions.RespectNullableAnnotations = json.SerializerOptions.RespectRequiredConstructorParameters = true);

var app = builder.Build();
app.UseDefaultFiles();
app.UseStaticFiles();

// Members subscribe. The rest of the hub's HTTP API is closed: this application publishes, nobody does so through /v1.
app.MapSseHub(hub =>
{
    hub.SubscribePolicy = "members";
    hub.PublishPolicy = hub.StreamsPolicy = hub.ClientsPolicy = hub.ClusterPolicy = "nobody";
});

app.MapPost("/sign-in", (SignIn form) =>
    Results.SignIn(new ClaimsPrincipal(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, form.Name)], CookieAuthenticationDefaults.AuthenticationScheme))));

app.MapPost("/notes", async (Note note, ClaimsPrincipal user, ISseHub hub, CancellationToken cancellation) =>
{
    var data = JsonSerializer.Serialize(new { author = user.Identity!.Name, text = note.Text });
    var result = await hub.PublishAsync("notes", new SseEvent { Type = "note", Data = data }, cancellation: cancellation);
    return result.IsAccepted ? Results.Accepted() : Results.Problem(result.Error, statusCode: StatusCodes.Status503ServiceUnavailable);
}).RequireAuthorization("members");

app.Run();

static Task Answer(HttpResponse response, int status)
{
    response.StatusCode = status;
    return Task.CompletedTask;
}

internal sealed record SignIn(string Name);

internal sealed record Note(string Text);
