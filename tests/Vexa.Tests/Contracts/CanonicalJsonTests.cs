using System.Text;

namespace Vexa.Tests.Contracts;

/// <summary>The examples of RFC 8785, and its appendix B.</summary>
public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{ "b": [1, 2.50, -0, true, null], "a": { "z": "\u20ac$\u000F\nA'B\"\\\/", "\u00f6": 1, "y": 2 } }""", """{"a":{"y":2,"z":"€$\u000f\nA'B\"\\/","ö":1},"b":[1,2.5,0,true,null]}""")]
    [InlineData("333333333.33333329", "333333333.3333333")]
    [InlineData("1E30", "1e+30")]
    [InlineData("4.50", "4.5")]
    [InlineData("2e-3", "0.002")]
    [InlineData("0.000000000000000000000000001", "1e-27")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("-1.7976931348623157e308", "-1.7976931348623157e+308")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("999999999999999900000", "999999999999999900000")]
    [InlineData("1424953923781206.2", "1424953923781206.2")]
    public void A_document_has_one_form(string json, string canonical) =>
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Of(Encoding.UTF8.GetBytes(json))));
}
