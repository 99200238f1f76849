(function(){var kept=window.tillwayKeys=[];window.tillwayKeep=function(event){kept.push(event)};addEventListener("keydown",window.tillwayKeep,true)})();
