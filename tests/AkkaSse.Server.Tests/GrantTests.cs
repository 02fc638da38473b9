using System.Security.Claims;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Security;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.Server.Tests;

public sealed class GrantTests
{
    [Theory]
    [InlineData("publish:orders", "publish", "orders", true)]
    [InlineData("publish:orders", "publish", "orders-eu", false)]
    [InlineData("publish:orders", "subscribe", "orders", false)]
    [InlineData("publish:orders*", "publish", "orders-eu", true)]
    [InlineData("publish:orders*", "publish", "news", false)]
    [InlineData("publish:orders*", "publish", null, false)]
    [InlineData("publish", "publish", "anything", true)]
    [InlineData("publish:*", "publish", null, true)]
    [InlineData("all", "manage", "anything", true)]
    [InlineData("all", "cluster", null, true)]
    public void Grant_covers_its_verb_and_pattern(string text, string verb, string? name, bool expected)
    {
        Grant.TryParse(text, out var grant).ShouldBeTrue();
        grant.Covers(verb, name).ShouldBe(expected);
    }

    [Theory]
    [InlineData("subscribe:a/*", "subscribe", "a/", true)]
    [InlineData("subscribe:a/*", "subscribe", "a/b", true)]
    [InlineData("subscribe:a/*", "subscribe", "a", false)]
    [InlineData("subscribe:a/*", "subscribe", "b/", false)]
    [InlineData("subscribe:a/*", "subscribe", null, false)]
    [InlineData("subscribe:a/*", "manage", "a/", false)]
    // A name alone is no beginning of names: a list of its prefix would show others.
    [InlineData("subscribe:a", "subscribe", "a", false)]
    [InlineData("all:a/*", "clients", "a/", true)]
    [InlineData("all", "clients", null, true)]
    [InlineData("subscribe", "subscribe", "", true)]
    public void Grant_covers_a_list_where_it_covers_every_name_of_it(string text, string verb, string? prefix, bool expected)
    {
        Grant.TryParse(text, out var grant).ShouldBeTrue();
        grant.CoversAll(verb, prefix).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fly")]
    [InlineData("publish:")]
    [InlineData("publish:a*b")]
    [InlineData("Publish:a")]
    public void Grant_of_another_form_is_refused(string text) => Grant.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("fly:a", "there is no such verb; subscribe, publish and manage")]
    [InlineData("", "the verb is missing; subscribe,")]
    [InlineData("publish orders", "a space stands in the verb")]
    [InlineData("publish:", "the pattern behind ':' is empty")]
    [InlineData("publish: a", "a space stands around the pattern")]
    [InlineData("publish:a subscribe:b", "or another grant behind it")]
    [InlineData("broadcast:a", "the verb broadcast takes no pattern; 'broadcast' alone")]
    [InlineData("cluster:a*", "the verb cluster takes no pattern")]
    [InlineData("audit:a", "the verb audit takes no pattern")]
    [InlineData("publish:a*b", "'*' stands only at the end")]
    [InlineData("publish:a**", "'*' stands only at the end")]
    [InlineData("subscribe:user/{sub}/*", "a claim in braces is for Grants of Auth:Jwt alone")]
    [InlineData("subscribe:$audit", "a verb of its own; 'audit' is allowed")]
    [InlineData("subscribe:$a*", "a verb of its own")]
    [InlineData("publish:my orders", null)]
    [InlineData("publish:a:b", null)]
    [InlineData("publish:*", null)]
    [InlineData("broadcast:*", null)]
    [InlineData("subscribe:a*", null)]
    public void What_is_wrong_with_a_grant_is_said(string text, string? fault)
    {
        Grant.TryRead(text, out var grant, out var said).ShouldBe(fault is null, said);
        if (fault is null) Grant.TryParse(text, out var parsed).ShouldBe(parsed == grant);
        else said.ShouldContain(fault);
    }

    [Theory]
    [InlineData("subscribe:a", HubAction.Subscribe, "a", null, null, false, HubAccess.Allow)]
    [InlineData("subscribe:a", HubAction.Subscribe, "b", null, null, false, HubAccess.Forbidden)]
    [InlineData("subscribe:a", HubAction.Subscribe, null, "default", null, false, HubAccess.Allow)]
    [InlineData("subscribe:a", HubAction.Subscribe, null, null, null, true, HubAccess.Allow)]
    [InlineData("subscribe:a", HubAction.Subscribe, null, "vip", null, false, HubAccess.Forbidden)]
    [InlineData("zone:vip", HubAction.Subscribe, null, "vip", null, false, HubAccess.Allow)]
    [InlineData("publish:a", HubAction.Subscribe, null, null, null, true, HubAccess.Forbidden)]
    [InlineData("publish", HubAction.Publish, null, null, null, true, HubAccess.Forbidden)]
    [InlineData("broadcast", HubAction.Publish, null, null, null, true, HubAccess.Allow)]
    [InlineData("publish", HubAction.Publish, null, "default", null, false, HubAccess.Forbidden)]
    [InlineData("notify:default", HubAction.Publish, null, "default", null, false, HubAccess.Allow)]
    [InlineData("notify:default", HubAction.Publish, null, "default", "ann", false, HubAccess.Forbidden)]
    [InlineData("send:a*", HubAction.Publish, null, null, "ann", false, HubAccess.Allow)]
    [InlineData("client:ann", HubAction.ClaimClient, null, "default", "ann", false, HubAccess.Allow)]
    [InlineData("subscribe", HubAction.ClaimClient, null, "default", "ann", false, HubAccess.Forbidden)]
    [InlineData("subscribe:a", HubAction.ReadHistory, "a", null, null, false, HubAccess.Allow)]
    [InlineData("subscribe:a", HubAction.ClearStream, "a", null, null, false, HubAccess.Forbidden)]
    [InlineData("manage:a", HubAction.RemoveStream, "a", null, null, false, HubAccess.Allow)]
    [InlineData("subscribe:a*", HubAction.ListStreams, null, null, null, false, HubAccess.Forbidden)]
    [InlineData("subscribe", HubAction.ListStreams, null, null, null, false, HubAccess.Allow)]
    [InlineData("subscribe", HubAction.DisconnectClient, null, null, "ann", false, HubAccess.Forbidden)]
    [InlineData("clients", HubAction.DisconnectClient, null, null, "ann", false, HubAccess.Allow)]
    [InlineData("clients:a*", HubAction.DisconnectClient, null, null, "ann", false, HubAccess.Allow)]
    [InlineData("clients:a*", HubAction.InspectClient, null, null, "bob", false, HubAccess.Forbidden)]
    [InlineData("clients:a*", HubAction.ListClients, null, null, null, false, HubAccess.Forbidden)]
    [InlineData("clients", HubAction.InspectCluster, null, null, null, false, HubAccess.Forbidden)]
    [InlineData("all", HubAction.InspectCluster, null, null, null, false, HubAccess.Allow)]
    [InlineData("audit", HubAction.ReadAudit, "$audit", null, null, false, HubAccess.Allow)]
    [InlineData("all", HubAction.ReadAudit, "$audit", null, null, false, HubAccess.Allow)]
    [InlineData("subscribe:*", HubAction.ReadAudit, "$audit", null, null, false, HubAccess.Forbidden)]
    [InlineData("subscribe:$audit", HubAction.ReadAudit, "$audit", null, null, false, HubAccess.Forbidden)]
    [InlineData("manage", HubAction.ReadAudit, "$audit", null, null, false, HubAccess.Forbidden)]
    [InlineData("audit", HubAction.Subscribe, "a", null, null, false, HubAccess.Forbidden)]
    public async Task Authorizer_answers_from_the_grants(
        string grant, HubAction action, string? stream, string? zone, string? client, bool broadcast, HubAccess expected)
    {
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(Grant.ClaimType, grant)], "test"));
        var request = new HubAccessRequest(principal, action)
        {
            Stream = stream,
            Zone = zone,
            Client = client,
            Broadcast = broadcast,
            Context = new DefaultHttpContext(),
        };

        (await new GrantAuthorizer(null!, TimeProvider.System).AuthorizeAsync(request, CancellationToken.None)).ShouldBe(expected);
    }

    [Fact]
    public async Task Authorizer_refuses_a_caller_without_a_name_whatever_it_asks()
    {
        foreach (var action in Enum.GetValues<HubAction>())
        {
            var request = new HubAccessRequest(new ClaimsPrincipal(new ClaimsIdentity()), action)
            {
                Stream = "a",
                Context = new DefaultHttpContext(),
            };
            (await new GrantAuthorizer(null!, TimeProvider.System).AuthorizeAsync(request, CancellationToken.None))
                .ShouldBe(HubAccess.Unauthorized);
        }
    }
}
