using System.Security.Claims;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using ChatWithTokens;
using Microsoft.AspNetCore.Authentication.BearerToken;

var builder = WebApplication.CreateBuilder(args);

// A channel is a stream. It exists from its first message on, and a member may wait for that.
builder.Services.AddSseHub(hub => hub.AutoCreate = true).UseAuthorizer<ChannelAuthorizer>();
builder.Services.AddAuthentication(BearerTokenDefaults.AuthenticationScheme).AddBearerToken();
builder.Services.AddAuthorization();
// A body without one of its members is answered 400.
builder.Services.ConfigureHttpJsonOptions(static json =>
    json.SerializerOptions.RespectNullableAnnotations = json.SerializerOptions.RespectRequiredConstructorParameters = true);

var app = builder.Build();

// The policy asks for a token; what its user may read is asked of the ChannelAuthorizer, stream by stream.
app.MapSseHub().RequireAuthorization();

app.MapPost("/login", (Login login) => Users.SignIn(login) is { } user
    ? Results.SignIn(user, authenticationScheme: BearerTokenDefaults.AuthenticationScheme)
    : Results.Unauthorized());

var chat = app.MapGroup("").RequireAuthorization();

// Messages go through endpoints of the application, so that a message says who wrote it, and not who the writer claims to be.
chat.MapPost("/channels/{channel}/messages", async (string channel, ChatMessage message, ClaimsPrincipal user, ISseHub hub) =>
{
    if (!Users.MayRead(user, channel)) return Results.Forbid();
    var result = await hub.PublishAsync(channel, Event("message", user, message));
    return result.IsAccepted ? Results.Accepted() : Results.Problem(result.Error, statusCode: StatusCodes.Status503ServiceUnavailable);
});

// To one user, wherever that user is connected as a client of this name. Nobody keeps a direct message for a user who is away.
chat.MapPost("/users/{name}/messages", async (string name, ChatMessage message, ClaimsPrincipal user, ISseHub hub) =>
{
    var result = await hub.SendToAsync(name, Event("direct", user, message), HubNames.DefaultZone);
    return result.Status switch
    {
        SendStatus.Accepted => Results.Accepted(),
        SendStatus.NotConnected => Results.Problem($"{name} is not connected.", statusCode: StatusCodes.Status404NotFound),
        _ => Results.Problem(result.Error, statusCode: StatusCodes.Status503ServiceUnavailable),
    };
});

app.Run();

static SseEvent Event(string type, ClaimsPrincipal from, ChatMessage message) =>
    new() { Type = type, Data = JsonSerializer.Serialize(new { from = from.Identity!.Name, text = message.Text }) };
