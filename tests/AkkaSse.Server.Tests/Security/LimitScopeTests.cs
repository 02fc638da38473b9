using System.Net;
using System.Security.Claims;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Limits;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.Server.Tests.Security;

/// <summary>How limits count, and what counting costs.</summary>
public sealed class LimitScopeTests
{
    private static readonly LimitAmounts One = new(0, 1, 0);
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void What_is_allowed_comes_back_by_and_by_and_no_more_than_a_burst_of_it()
    {
        var scope = Scope(perSecond: 2, burst: 3);
        for (var i = 0; i < 6; i++) scope.Take("a", One).IsRefused.ShouldBeFalse();
        scope.Take("a", One).RetryAfter.ShouldBe(TimeSpan.FromSeconds(0.5));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        scope.Take("a", One).IsRefused.ShouldBeFalse();
        scope.Take("a", One).IsRefused.ShouldBeTrue();
        _time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 6; i++) scope.Take("a", One).IsRefused.ShouldBeFalse();
        scope.Take("a", One).IsRefused.ShouldBeTrue();
    }

    [Fact]
    public void What_is_charged_or_given_back_counts_whatever_is_allowed()
    {
        var scope = Scope(perSecond: 2, burst: 1);
        scope.Charge("a", new LimitAmounts(0, 12, 0));
        scope.Take("a", One).RetryAfter.ShouldBe(TimeSpan.FromSeconds(5.5));
        scope.GiveBack("a", new LimitAmounts(0, 11, 0));
        scope.Take("a", One).IsRefused.ShouldBeFalse();
        scope.Take("a", One).IsRefused.ShouldBeTrue();
        // Nobody gets more than a full allowance.
        scope.GiveBack("b", new LimitAmounts(0, 100, 0));
        scope.Take("b", new LimitAmounts(0, 2, 0)).IsRefused.ShouldBeFalse();
        scope.Take("b", One).IsRefused.ShouldBeTrue();
    }

    [Fact]
    public void Flood_of_names_takes_bounded_memory_and_no_name_goes_without_a_limit()
    {
        var scope = Scope(perSecond: 2, burst: 1);
        for (var i = 0; i < 3; i++) scope.Take("known", One).IsRefused.ShouldBe(i == 2);
        for (var i = 0; i < LimitScope<string>.MaxKeys + 1_000; i++) scope.Take($"{i}", One);
        scope.Count.ShouldBe(LimitScope<string>.MaxKeys);
        scope.Take("known", One).IsRefused.ShouldBeTrue();
        for (var i = 0; i < 3; i++) scope.Take("late", One);
        scope.Take("late", One).IsRefused.ShouldBeTrue();

        // What has something used yet stays.
        _time.Advance(TimeSpan.FromSeconds(0.5));
        scope.Sweep();
        scope.Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        scope.Sweep();
        scope.Count.ShouldBe(0);
        for (var i = 0; i < 3; i++) scope.Take("known", One).IsRefused.ShouldBe(i == 2);
        scope.Count.ShouldBe(1);
    }

    [Fact]
    public void Allowance_is_let_go_when_nothing_is_used_and_takes_nothing_from_then_on()
    {
        var (perSecond, allowance) = (new LimitAmounts(0, 1, 0), new Allowance());
        allowance.Take(One, perSecond, burst: 1, now: 0, out _).ShouldBeTrue();
        allowance.LetGo(perSecond, now: 0.5).ShouldBeFalse();
        allowance.LetGo(perSecond, now: 1).ShouldBeTrue();
        allowance.Take(One, perSecond, burst: 1, now: 2, out _).ShouldBeFalse();
        allowance.Charge(One, 1, perSecond, now: 2).ShouldBeFalse();
        allowance.LetGo(perSecond, now: 2).ShouldBeTrue();
    }

    [Fact]
    public async Task Sweeping_under_load_lets_no_event_through_uncounted()
    {
        var scope = Scope(perSecond: 1, burst: 1);
        var (twice, end) = (0, false);
        var sweeping = Task.Run(() =>
        {
            while (!Volatile.Read(ref end)) scope.Sweep();
        });
        await Eventually.Within(Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            // Each event is given back, so that the sweep may let the key go before the next one.
            for (var i = 0; i < 20_000; i++)
            {
                scope.Take($"{thread}", One).IsRefused.ShouldBeFalse();
                if (!scope.Take($"{thread}", One).IsRefused) Interlocked.Increment(ref twice);
                scope.GiveBack($"{thread}", One);
            }
        }))), "the load");
        Volatile.Write(ref end, true);
        await sweeping;
        twice.ShouldBe(0);
    }

    [Fact]
    public void Publish_of_who_is_counted_already_takes_nothing_from_the_heap()
    {
        var limits = new LimitSettings { Publishes = 1_000_000, PublishBytes = 1 << 30, ClusterPublishes = 1_000_000 };
        (limits.Address.Publishes, limits.Stream.Publishes) = (1_000_000, 1_000_000);
        using var quota = new HubLimits(limits, _time, new ClusterQuota(limits, _time));
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse("2001:db8::1");
        var user = new ClaimsPrincipal(new ClaimsIdentity([new Claim("role", "x"), new Claim(ClaimTypes.NameIdentifier, "ann")], "test"));
        var request = new HubAccessRequest(user, HubAction.Publish) { Context = context, Stream = "a" };
        for (var i = 0; i < 1_000; i++) quota.AcquirePublish(request, 1, 100).IsRefused.ShouldBeFalse();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) quota.AcquirePublish(request, 1, 100);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Nodes_charge_each_other_what_they_have_allowed_and_a_newcomer_no_more_than_a_burst()
    {
        var limits = new LimitSettings { ClusterPublishes = 2, Burst = TimeSpan.FromSeconds(5) };
        var (one, two, late) = (new ClusterQuota(limits, _time), new ClusterQuota(limits, _time), new ClusterQuota(limits, _time));
        var heard = two.Charge(one.Report(), null);
        for (var i = 0; i < 10; i++) one.Take("ann", One).IsRefused.ShouldBeFalse();

        // Until they have told each other, each allows a burst; then that is paid back.
        for (var i = 0; i < 10; i++) two.Take("ann", One).IsRefused.ShouldBe(false);
        heard = two.Charge(one.Report(), heard);
        two.Take("ann", One).RetryAfter.ShouldBe(TimeSpan.FromSeconds(5.5));
        two.Take("bob", One).IsRefused.ShouldBeFalse();
        // The same report again is nothing new.
        two.Charge(one.Report(), heard);
        two.Take("ann", One).RetryAfter.ShouldBe(TimeSpan.FromSeconds(5.5));

        _time.Advance(TimeSpan.FromSeconds(20));
        for (var i = 0; i < 10; i++) one.Take("ann", One).IsRefused.ShouldBeFalse();
        late.Charge(one.Report(), null);
        late.Take("ann", One).RetryAfter.ShouldBe(TimeSpan.FromSeconds(0.5));
        late.Charge("of another form"u8, null).ShouldBeEmpty();

        // Who was idle is told of no more.
        _time.Advance(TimeSpan.FromMinutes(1));
        one.Sweep();
        one.Report().Length.ShouldBe(1);
    }

    private LimitScope<string> Scope(int perSecond, int burst) =>
        new("The caller", "Limits", new LimitAmounts(0, perSecond, 0), TimeSpan.FromSeconds(burst), _time);

    [Fact]
    public void Subject_that_comes_back_into_a_report_is_charged_what_is_new()
    {
        var limits = new LimitSettings { ClusterPublishes = 1, Burst = TimeSpan.FromSeconds(10) };
        var (one, two) = (new ClusterQuota(limits, _time), new ClusterQuota(limits, _time));
        for (var i = 0; i < 100; i++)
        {
            one.Take("ann", new LimitAmounts(0, 10, 0)).IsRefused.ShouldBeFalse();
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        var said = two.Charge(one.Report(), null);
        _time.Advance(TimeSpan.FromSeconds(10));

        // Its value was away, and a report had no space for it.
        said = two.Charge(default, said);
        said = two.Charge(new ClusterQuota(limits, _time).Report(), said);
        one.Take("ann", new LimitAmounts(0, 1, 0)).IsRefused.ShouldBeFalse();
        two.Charge(one.Report(), said);

        two.Take("ann", new LimitAmounts(0, 9, 0)).IsRefused.ShouldBeFalse();
    }
}
