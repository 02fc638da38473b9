using AkkaSse.Server.Hosting;
using Microsoft.Extensions.Configuration;

namespace AkkaSse.Server.Tests;

public sealed class ListenUrlsTests
{
    /// <summary>By what it was told to listen on requests may ask for the server, also where nobody authenticates.</summary>
    [Theory]
    [InlineData("http://localhost:8080", "localhost", false)]
    [InlineData("http://127.0.0.1:0;http://10.0.0.1:80", "127.0.0.1,10.0.0.1", false)]
    [InlineData("http://[fe80::1]:80", "[fe80::1]", false)]
    [InlineData("http://*:8080", "", true)]
    [InlineData("http://+:8080", "", true)]
    [InlineData("http://0.0.0.0:8080", "", true)]
    [InlineData("http://[::]:8080", "", true)]
    [InlineData("http://hub.example:8080", "hub.example", true)]
    [InlineData("http://hub.localhost:8080", "hub.localhost", true)]
    [InlineData("http://unix:/run/hub.sock", "", false)]
    public void Hosts_are_the_names_and_addresses_of_the_urls(string urls, string hosts, bool allAddresses)
    {
        var faults = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = urls }).Build();

        var read = ListenUrls.Read(configuration, [], faults);

        faults.ShouldBeEmpty();
        string.Join(',', read.Hosts).ShouldBe(hosts);
        read.AllAddresses.ShouldBe(allAddresses);
    }
}
