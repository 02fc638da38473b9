using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Engine.Specs;

/// <summary>Claims on client ids: one winner under any race.</summary>
public abstract class ClaimSpecs : EngineSpecs
{
    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Hundred_concurrent_claims_have_one_winner()
    {
        await using var node = await Harness.StartNodeAsync();
        var claims = node.Engine.Claims;
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(
            i => Task.Run(async () => await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = $"i{i}" }))));
        answers.Count(static a => a.Status == ClaimStatus.Granted).ShouldBe(1);
        answers.Count(static a => a.Status == ClaimStatus.InUse).ShouldBe(99);
        var winner = answers.Single(static a => a.Status == ClaimStatus.Granted);
        var place = (await claims.LocateAsync("z", "c", default)).Known().Single();
        (place.Generation, place.Node).ShouldBe((winner.Generation, node.Hub.Options.NodeName));
    }

    [Fact]
    [Trait("parity", "TGT-02")]
    public async Task Release_of_an_old_generation_has_no_effect()
    {
        await using var node = await Harness.StartNodeAsync();
        var claims = node.Engine.Claims;
        var request = new ClaimRequest("z", "c") { Instance = "i" };
        var first = await node.ClaimAsync(request);
        var second = await node.ClaimAsync(request);
        second.Status.ShouldBe(ClaimStatus.Granted, "the same instance replaces itself");
        second.Generation.ShouldBeGreaterThan(first.Generation);
        await claims.ReleaseAsync("z", "c", first.Generation);
        (await claims.LocateAsync("z", "c", default)).Known().Single().Generation.ShouldBe(second.Generation);
        await claims.ReleaseAsync("z", "c", second.Generation);
        (await claims.LocateAsync("z", "c", default)).Known().ShouldBeEmpty();
        (await node.ClaimAsync(request with { Instance = "other" })).Generation.ShouldBeGreaterThan(second.Generation);
    }

    [Fact]
    public async Task Same_instance_of_another_principal_does_not_replace()
    {
        await using var node = await Harness.StartNodeAsync();
        var claims = node.Engine.Claims;
        await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "i", Subject = "alice" });
        (await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "i", Subject = "bob" })).Status.ShouldBe(ClaimStatus.InUse);
        (await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "i" })).Status.ShouldBe(ClaimStatus.InUse);
    }

    [Theory]
    [InlineData(DuplicateClientPolicy.ReplaceSamePrincipal, "alice", "b", ClaimStatus.Granted)]
    [InlineData(DuplicateClientPolicy.ReplaceSamePrincipal, "alice", null, ClaimStatus.InUse)]
    [InlineData(DuplicateClientPolicy.ReplaceSamePrincipal, "bob", "b", ClaimStatus.InUse)]
    [InlineData(DuplicateClientPolicy.ReplaceSamePrincipal, null, "b", ClaimStatus.InUse)]
    [InlineData(DuplicateClientPolicy.Reject, "alice", "b", ClaimStatus.InUse)]
    [InlineData(DuplicateClientPolicy.Replace, "bob", null, ClaimStatus.Granted)]
    [Trait("parity", "TGT-02")]
    public async Task Policy_decides_about_another_instance(
        DuplicateClientPolicy policy, string? subject, string? instance, ClaimStatus expected)
    {
        await using var node = await Harness.StartNodeAsync(configure: o => o.DuplicateClients = policy);
        var claims = node.Engine.Claims;
        await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "a", Subject = "alice" });
        (await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = instance, Subject = subject })).Status.ShouldBe(expected);
    }

    [Fact]
    public async Task Replaced_instance_is_refused_and_its_successor_is_not()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o => o.DuplicateClients = DuplicateClientPolicy.Replace);
        var claims = node.Engine.Claims;
        await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "a" });
        await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "b" });
        (await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "a" })).Status.ShouldBe(ClaimStatus.Refused);
        (await node.ClaimAsync(new ClaimRequest("z", "c") { Instance = "b" })).Status.ShouldBe(ClaimStatus.Granted);
    }

    [Fact]
    public async Task Refused_client_may_not_even_replace_itself()
    {
        await using var node = await Harness.StartNodeAsync();
        var claims = node.Engine.Claims;
        var request = new ClaimRequest("z", "c") { Instance = "a" };
        await node.ClaimAsync(request);
        await claims.RefuseAsync("z", "c", "a", TimeSpan.FromMinutes(10), default);
        (await node.ClaimAsync(request)).Status.ShouldBe(ClaimStatus.Refused);
        (await claims.IsRefusedAsync("z", "c", "b", default)).Known().ShouldBeFalse();
        (await claims.IsRefusedAsync("z", "c", "a", default)).Known().ShouldBeTrue();
    }

    [Fact]
    [Trait("parity", "ZON-01")]
    public async Task Same_id_in_two_zones_is_two_clients()
    {
        await using var node = await Harness.StartNodeAsync();
        var claims = node.Engine.Claims;
        (await node.ClaimAsync(new ClaimRequest("y", "c"))).Status.ShouldBe(ClaimStatus.Granted);
        (await node.ClaimAsync(new ClaimRequest("z", "c"))).Status.ShouldBe(ClaimStatus.Granted);
        (await claims.LocateAsync(null, "c", default)).Known().Select(static l => l.Zone).ShouldBe(["y", "z"], ignoreOrder: true);
        (await claims.LocateAsync("y", "c", default)).Known().Count.ShouldBe(1);
        (await claims.LocateAsync(null, "d", default)).Known().ShouldBeEmpty();
    }
}
