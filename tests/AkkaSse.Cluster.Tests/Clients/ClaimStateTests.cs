using AkkaSse.Cluster.Clients;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Tests.Clients;

public sealed class ClaimStateTests
{
    private const long Now = 1_800_000_000_000;

    [Fact]
    public void Generations_grow_over_releases_and_over_a_new_incarnation_that_knows_nothing()
    {
        var first = new ClaimState();
        var (_, one, _) = first.Decide(By("i", 1), DuplicateClientPolicy.Reject, Now);
        first.End("z", 1, one);
        var (_, two, _) = first.Decide(By("j", 2), DuplicateClientPolicy.Reject, Now);
        two.ShouldBeGreaterThan(one);
        var (status, three, _) = new ClaimState().Decide(By("k", 3), DuplicateClientPolicy.Reject, Now + 1);
        status.ShouldBe(ClaimStatus.Granted);
        three.ShouldBeGreaterThan(two);
    }

    [Fact]
    public void Generation_grows_beyond_a_restored_one_although_the_clock_is_behind()
    {
        var state = new ClaimState();
        state.Restore(By("i", 1), 5_000_000_000_000_000_000, Now).ShouldBeTrue();
        var (_, generation, loser) = state.Decide(By("j", 2), DuplicateClientPolicy.Replace, Now);
        generation.ShouldBe(5_000_000_000_000_000_001);
        loser!.Generation.ShouldBe(5_000_000_000_000_000_000);
    }

    [Fact]
    public void Second_node_that_says_it_holds_the_claim_is_told_no()
    {
        var state = new ClaimState();
        state.Restore(By("i", 1), 7, Now).ShouldBeTrue();
        state.Restore(By("i", 1), 7, Now).ShouldBeTrue("it is the same claim");
        state.Restore(By("i", 2), 8, Now).ShouldBeFalse();
    }

    [Fact]
    public void Replaced_instance_is_refused_for_a_minute()
    {
        var state = new ClaimState();
        state.Decide(By("a", 1), DuplicateClientPolicy.Replace, Now);
        state.Decide(By("b", 2), DuplicateClientPolicy.Replace, Now);
        state.Decide(By("a", 3), DuplicateClientPolicy.Replace, Now + 59_999).Status.ShouldBe(ClaimStatus.Refused);
        state.Decide(By("a", 3), DuplicateClientPolicy.Replace, Now + 60_001).Status.ShouldBe(ClaimStatus.Granted);
    }

    [Fact]
    public void Claims_of_a_node_that_is_gone_end()
    {
        var state = new ClaimState();
        state.Decide(By("a", 1), DuplicateClientPolicy.Reject, Now);
        state.EndWhere(static h => h.By.Member == "m1");
        state.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Refusals_outlive_the_entity_and_are_bounded()
    {
        var refusals = new Refusals();
        for (var i = 0; i < 2 * Refusals.Max; i++) refusals.Add("z", $"i{i}", Now + 1_000 + i, Now);
        refusals.Add("z", null, Now + 500, Now);
        var copy = new Refusals();
        copy.Load(refusals.ToBytes(), Now);
        copy.Contains("z", $"i{(2 * Refusals.Max) - 1}", Now).ShouldBeTrue();
        copy.Contains("z", "other", Now).ShouldBeTrue("the whole id is refused");
        copy.Contains("y", "other", Now).ShouldBeFalse();
        copy.Contains("z", "other", Now + 501).ShouldBeFalse();
        copy.Contains("z", "i0", Now + 501).ShouldBeFalse("the first to end made room");
    }

    [Fact]
    public void Late_answer_of_an_earlier_entity_is_not_taken_once_a_later_one_has_asked()
    {
        var held = new HeldClaims();
        held.Ask("c", "z", "i", null, 1);
        held.Answer("c", incarnation: 20).Single().Generation.ShouldBe(0);
        held.Grant("c", 1, generation: 100, incarnation: 10).ShouldBeFalse();
        held.Answer("c", incarnation: 20).ShouldBeEmpty();
        held.Ask("c", "z", "i", null, 2);
        held.Answer("c", incarnation: 20);
        held.Grant("c", 2, generation: 200, incarnation: 20).ShouldBeTrue();
        held.Take("c", "z", 100).ShouldBe(0);
        held.Take("c", "z", 200).ShouldBe(2);
        held.All().ShouldBeEmpty();
    }

    [Fact]
    public void Places_of_clients_that_are_asked_for_stay_and_the_number_is_bounded()
    {
        var cache = new LocationCache();
        for (var i = 0; i < 3 * LocationCache.Half; i++)
        {
            cache.Add($"c{i}", [new ClaimLocation("z", $"c{i}", "n", i)], cache.Changes, until: 5, untilTold: 5);
            if (i % 1_000 == 0) cache.Find("c0", at: 5).ShouldNotBeNull();
        }
        cache.Find("c1", at: 0).ShouldBeNull();
        cache.Find("c0", at: 6).ShouldBeNull("it is too old");
        cache.Forget("c0");
        cache.Find("c0", at: 0).ShouldBeNull();
    }

    [Fact]
    public void Place_counts_long_while_no_change_is_told_and_shortly_when_one_may_have_overtaken_the_answer()
    {
        var cache = new LocationCache();
        IReadOnlyList<ClaimLocation> places = [new ClaimLocation("z", "c", "n", 1)];
        var asked = cache.Changes;
        cache.Add("c", places, asked, until: 10, untilTold: 100);
        cache.Find("c", at: 100).ShouldBe(places);
        cache.Changed("c");
        cache.Find("c", at: 0).ShouldBeNull();
        cache.Add("c", places, asked, until: 10, untilTold: 100);
        cache.Find("c", at: 10).ShouldBe(places);
        cache.Find("c", at: 11).ShouldBeNull();
    }

    private static Claimant By(string instance, long token) => new("z", instance, null, "n", "m1", token);
}
