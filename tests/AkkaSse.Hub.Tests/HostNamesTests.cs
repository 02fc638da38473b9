namespace AkkaSse.Hub.Tests;

public sealed class HostNamesTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LocalHost", true)]
    [InlineData("app.localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("[::1]", true)]
    [InlineData("::1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]", false)]
    [InlineData("localhost.example", false)]
    [InlineData("127.0.0.1.example", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Loopback_is_only_what_no_other_host_can_reach(string? host, bool expected) =>
        HostNames.IsLoopback(host).ShouldBe(expected);
}
