// Package food knows what common foods are: their figures in the USDA's table, how much
// a piece or a spoonful weighs, and what they are called. Foods are found by their exact
// name or number and never by parts of names, so peanut butter is never taken for butter.
//
// Figures are from the USDA National Nutrient Database for Standard Reference, release
// 27, a work in the public domain. Names, densities and piece weights are our own table,
// data/foods.csv, with the weights of the USDA's household measures where it states them.
package food
