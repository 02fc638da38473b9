#pragma warning disable CA2012 // The call is only recorded by the substitute.
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using NSubstitute;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>What each outcome is over HTTP; the outcomes of a remote engine that cannot be provoked here come from a substitute.</summary>
public sealed class PublishAnswerTests
{
    [Theory]
    [Trait("parity", "PUB-07")]
    [InlineData(PublishStatus.NoStream, 404, "stream-not-found", false)]
    [InlineData(PublishStatus.Closed, 503, "draining", true)]
    [InlineData(PublishStatus.Invalid, 400, "event-invalid", false)]
    [InlineData(PublishStatus.TooLarge, 413, "body-too-large", false)]
    [InlineData(PublishStatus.Full, 503, "stream-full", true)]
    [InlineData(PublishStatus.KeyConflict, 422, "idempotency-key-conflict", false)]
    [InlineData(PublishStatus.KeyTableFull, 429, "idempotency-keys-full", true)]
    [InlineData(PublishStatus.LimitReached, 429, "limit-reached", true)]
    [InlineData(PublishStatus.Unavailable, 503, "engine-unavailable", true)]
    [InlineData(PublishStatus.OutcomeUnknown, 504, "outcome-unknown", false)]
    [InlineData(PublishStatus.StorageFull, 507, "storage-full", true)]
    public async Task Every_outcome_of_a_publish_has_its_status_and_code(PublishStatus outcome, int status, string code, bool retryAfter)
    {
        var hub = Substitute.For<ISseHub>();
        hub.PublishAsync("s", Arg.Any<SseEvent>(), Arg.Any<PublishOptions>(), Arg.Any<CancellationToken>())
            .Returns(new ValueTask<PublishResult>(new PublishResult(outcome, "s") { Error = "the hub's words" }));
        await using var host = await EdgeHost.StartAsync(host: b => b.Services.AddSingleton(hub));

        var answer = await host.PostAsync("/v1/streams/s/events", "x");

        (answer.Status, answer.Code).ShouldBe((status, code));
        (answer.Header("Retry-After") is not null).ShouldBe(retryAfter);
        if (outcome != PublishStatus.TooLarge) answer.Json.GetProperty("detail").GetString().ShouldBe("the hub's words");
    }

    [Theory]
    [InlineData(SendStatus.NotConnected, 404, "client-not-connected")]
    [InlineData(SendStatus.NoSuchZone, 404, "zone-not-found")]
    [InlineData(SendStatus.Ambiguous, 409, "client-ambiguous")]
    [InlineData(SendStatus.Invalid, 400, "event-invalid")]
    [InlineData(SendStatus.TooLarge, 413, "body-too-large")]
    [InlineData(SendStatus.Full, 503, "client-full")]
    [InlineData(SendStatus.Unavailable, 503, "engine-unavailable")]
    [InlineData(SendStatus.Unknown, 504, "outcome-unknown")]
    public async Task Every_outcome_of_a_send_has_its_status_and_code(SendStatus outcome, int status, string code)
    {
        var hub = Substitute.For<ISseHub>();
        hub.SendToAsync("c", Arg.Any<SseEvent>(), Arg.Any<string?>(), Arg.Any<CancellationToken>())
            .Returns(new ValueTask<SendResult>(new SendResult(outcome, "c")));
        await using var host = await EdgeHost.StartAsync(host: b => b.Services.AddSingleton(hub));

        var answer = await host.PostAsync("/v1/clients/c/events", "x");

        (answer.Status, answer.Code).ShouldBe((status, code));
    }

    [Fact]
    public async Task Names_and_ids_are_escaped_in_the_answer()
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.SendAsync("PUT", "/v1/stream?stream=%22q%22%5C%C3%A9%F0%9F%98%80", """{"ids":"caller"}""")).Status.ShouldBe(201);
        var answer = await host.PostAsync("/v1/publish?stream=%22q%22%5C%C3%A9%F0%9F%98%80&id=%22%5C%27", "x");
        answer.Status.ShouldBe(202, answer.Text);
        answer.Json.GetProperty("stream").GetString().ShouldBe("\"q\"\\é😀");
        answer.Json.GetProperty("id").GetString().ShouldBe("\"\\'");
    }

    [Fact]
    public async Task Sender_that_does_not_take_its_answer_keeps_no_event_from_the_client()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?client=c");
        await reader.NextAsync("hub.open");
        var response = new StuckResponse();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(response);
        // As in the server, where one object is both: no middleware stands between.
        context.Features.Set<IHttpRequestFeature>(response);
        context.Request.RouteValues[RouteKeys.Client] = "c";
        RequestTarget.Read(context, out var target).ShouldBeNull();

        var answering = PublishEndpoints.ToClient(context, new EdgeContext(host.Services, new SseHubEndpointOptions()), target);

        (await reader.NextEventAsync()).Data.ShouldBe("x");
        answering.IsCompleted.ShouldBeFalse();
        response.Taken.SetResult();
        await Eventually.Within(answering, "the request to end");
        context.Response.StatusCode.ShouldBe(202);
    }

    private sealed class StuckResponse() : StreamResponseBodyFeature(Stream.Null), IHttpRequestFeature
    {
        public string Protocol { get; set; } = "HTTP/1.1";

        public string Scheme { get; set; } = "http";

        public string Method { get; set; } = "POST";

        public string PathBase { get; set; } = "";

        public string Path { get; set; } = "/v1/clients/c/events";

        public string QueryString { get; set; } = "";

        public string RawTarget { get; set; } = "/v1/clients/c/events";

        public IHeaderDictionary Headers { get; set; } = new HeaderDictionary { ContentLength = 1 };

        public Stream Body { get; set; } = new MemoryStream("x"u8.ToArray());

        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task CompleteAsync() => Taken.Task;
    }
}
