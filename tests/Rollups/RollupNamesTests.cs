using System.Text;
using Microsoft.Extensions.Time.Testing;
using OtelOrleans.Sql.Rollups;

namespace OtelOrleans.Tests.Rollups;

public sealed class RollupNamesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RollupNames _names;

    public RollupNamesTests() => _names = new(2, _time);

    [Fact]
    public void Each_service_has_places_for_so_many_names()
    {
        Assert.True(Has("cart", "a"));
        Assert.True(Has("cart", "b"));
        Assert.False(Has("cart", "c"));
        Assert.True(Has("cart", "a"));
        Assert.True(Has("pay", "c"));
    }

    [Fact]
    public void Name_that_goes_on_being_used_keeps_its_place_and_one_that_does_not_gives_it_up()
    {
        Assert.True(Has("cart", "used"));
        Assert.True(Has("cart", "left"));
        for (var hour = 0; hour < 3; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            Assert.True(Has("cart", "used"));
        }

        Assert.True(Has("cart", "new"));
        Assert.False(Has("cart", "left"));
        Assert.True(Has("cart", "used"));
    }

    private bool Has(string service, string name) => _names.Has(Encoding.UTF8.GetBytes(service), Encoding.UTF8.GetBytes(name));
}
