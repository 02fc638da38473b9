using AkkaSse.Cluster.Streams;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Tests.Streams;

/// <summary>Whose copies are trimmed for whose bytes.</summary>
public sealed class CopyBoundsTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void Namespace_beyond_its_bound_gives_its_own_and_one_within_its_bound_gives_nothing()
    {
        var options = new HubOptions { MaxLogBytes = 4 * MiB };
        options.Namespaces["ann/"] = new NamespaceOptions { MaxLogBytes = 2 * MiB };
        options.Namespaces["eve/"] = new NamespaceOptions { MaxLogBytes = 2 * MiB };
        (string Name, StreamState State)[] copies = [Copy("ann/a", 12), Copy("eve/1", 20), Copy("eve/2", 20), Copy("out", 60)];
        var before = copies[0].State.Runs.Size;

        var left = CopyBounds.Apply(options, copies, copies.Sum(static c => c.State.Runs.Size));

        left.ShouldBe(copies.Sum(static c => c.State.Runs.Size));
        left.ShouldBeLessThanOrEqualTo(2 * MiB);
        copies[0].State.Runs.Size.ShouldBe(before);
        (copies[1].State.Runs.Size + copies[2].State.Runs.Size).ShouldBeInRange(1, MiB);
    }

    [Fact]
    public void Namespaces_within_their_bounds_give_when_nobody_else_has_anything()
    {
        var options = new HubOptions { MaxLogBytes = MiB };
        options.Namespaces["ann/"] = new NamespaceOptions { MaxLogBytes = 4 * MiB };
        (string Name, StreamState State)[] copies = [Copy("ann/a", 20), Copy("out", 2)];

        CopyBounds.Apply(options, copies, copies.Sum(static c => c.State.Runs.Size)).ShouldBeInRange(1, MiB / 2);

        copies[1].State.Runs.Size.ShouldBe(0);
    }

    private static (string Name, StreamState State) Copy(string name, int events)
    {
        var script = new StreamScript(name: name);
        for (var i = 0; i < events; i++) script.Append(StreamScript.Item(new string('x', 64 << 10)));
        return (name, script.State);
    }
}
